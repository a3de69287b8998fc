//! Code generated from the interface in `wit/`: one module for each role, so that a component exports exactly the roles
//! its author asked for. The first one holds the imports, the others share its types.
//!
//! Generated code moves values in and out of linear memory by address, which only `unsafe` can do; its soundness is
//! that of `wit-bindgen`. Nothing else in the SDK but the arena allocator is exempt from the ban on `unsafe`.
#![allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, clippy::expect_used, clippy::panic)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

pub mod plugin_role {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "plugin-role",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_plugin_role",
        default_bindings_module: "trellis_plugin::bindings::plugin_role",
    });
}

pub mod topic_manager_role {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "topic-manager-role",
        with: {
            "bsv:overlay/types@0.1.0": crate::bindings::plugin_role::bsv::overlay::types,
            "bsv:overlay/context@0.1.0": crate::bindings::plugin_role::bsv::overlay::context,
            "bsv:overlay/ancestry@0.1.0": crate::bindings::plugin_role::bsv::overlay::ancestry,
            "bsv:overlay/state@0.1.0": crate::bindings::plugin_role::bsv::overlay::state,
            "bsv:overlay/topics@0.1.0": crate::bindings::plugin_role::bsv::overlay::topics,
            "bsv:overlay/crypto@0.1.0": crate::bindings::plugin_role::bsv::overlay::crypto,
            "bsv:overlay/identity@0.1.0": crate::bindings::plugin_role::bsv::overlay::identity,
            "bsv:overlay/config@0.1.0": crate::bindings::plugin_role::bsv::overlay::config,
            "bsv:overlay/log@0.1.0": crate::bindings::plugin_role::bsv::overlay::log,
        },
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_topic_manager_role",
        default_bindings_module: "trellis_plugin::bindings::topic_manager_role",
        type_section_suffix: "topic-manager",
    });
}

pub mod topic_relevance_role {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "topic-relevance-role",
        with: {
            "bsv:overlay/types@0.1.0": crate::bindings::plugin_role::bsv::overlay::types,
            "bsv:overlay/context@0.1.0": crate::bindings::plugin_role::bsv::overlay::context,
            "bsv:overlay/ancestry@0.1.0": crate::bindings::plugin_role::bsv::overlay::ancestry,
            "bsv:overlay/state@0.1.0": crate::bindings::plugin_role::bsv::overlay::state,
            "bsv:overlay/topics@0.1.0": crate::bindings::plugin_role::bsv::overlay::topics,
            "bsv:overlay/crypto@0.1.0": crate::bindings::plugin_role::bsv::overlay::crypto,
            "bsv:overlay/identity@0.1.0": crate::bindings::plugin_role::bsv::overlay::identity,
            "bsv:overlay/config@0.1.0": crate::bindings::plugin_role::bsv::overlay::config,
            "bsv:overlay/log@0.1.0": crate::bindings::plugin_role::bsv::overlay::log,
        },
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_topic_relevance_role",
        default_bindings_module: "trellis_plugin::bindings::topic_relevance_role",
        type_section_suffix: "topic-relevance",
    });
}

pub mod lookup_service_role {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "lookup-service-role",
        with: {
            "bsv:overlay/types@0.1.0": crate::bindings::plugin_role::bsv::overlay::types,
            "bsv:overlay/context@0.1.0": crate::bindings::plugin_role::bsv::overlay::context,
            "bsv:overlay/ancestry@0.1.0": crate::bindings::plugin_role::bsv::overlay::ancestry,
            "bsv:overlay/state@0.1.0": crate::bindings::plugin_role::bsv::overlay::state,
            "bsv:overlay/topics@0.1.0": crate::bindings::plugin_role::bsv::overlay::topics,
            "bsv:overlay/crypto@0.1.0": crate::bindings::plugin_role::bsv::overlay::crypto,
            "bsv:overlay/identity@0.1.0": crate::bindings::plugin_role::bsv::overlay::identity,
            "bsv:overlay/config@0.1.0": crate::bindings::plugin_role::bsv::overlay::config,
            "bsv:overlay/log@0.1.0": crate::bindings::plugin_role::bsv::overlay::log,
        },
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_lookup_service_role",
        default_bindings_module: "trellis_plugin::bindings::lookup_service_role",
        type_section_suffix: "lookup-service",
    });
}

pub mod basket_manager_role {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "basket-manager-role",
        with: {
            "bsv:overlay/types@0.1.0": crate::bindings::plugin_role::bsv::overlay::types,
            "bsv:overlay/context@0.1.0": crate::bindings::plugin_role::bsv::overlay::context,
            "bsv:overlay/ancestry@0.1.0": crate::bindings::plugin_role::bsv::overlay::ancestry,
            "bsv:overlay/state@0.1.0": crate::bindings::plugin_role::bsv::overlay::state,
            "bsv:overlay/topics@0.1.0": crate::bindings::plugin_role::bsv::overlay::topics,
            "bsv:overlay/crypto@0.1.0": crate::bindings::plugin_role::bsv::overlay::crypto,
            "bsv:overlay/identity@0.1.0": crate::bindings::plugin_role::bsv::overlay::identity,
            "bsv:overlay/config@0.1.0": crate::bindings::plugin_role::bsv::overlay::config,
            "bsv:overlay/log@0.1.0": crate::bindings::plugin_role::bsv::overlay::log,
        },
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_basket_manager_role",
        default_bindings_module: "trellis_plugin::bindings::basket_manager_role",
        type_section_suffix: "basket-manager",
    });
}
