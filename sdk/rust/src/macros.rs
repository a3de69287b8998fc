//! What an author calls once for each role, and to refuse. Outside components the export macros only check that the trait is there.

/// Refuses: returns `Err` with a [`Refusal`](crate::Refusal) of this text, written as for [`format!`].
///
/// ```
/// use trellis_plugin::{Refusal, refuse};
///
/// fn judge(amount: u64) -> Result<(), Refusal> {
///     if amount == 0 {
///         refuse!("an amount of {amount} is none");
///     }
///     Ok(())
/// }
/// assert_eq!(judge(0).unwrap_err().text(), "an amount of 0 is none");
/// ```
#[macro_export]
macro_rules! refuse {
    ($($text:tt)+) => {
        return ::core::result::Result::Err($crate::Refusal::from(::core::format_args!($($text)+)))
    };
}

/// Exports a type that implements [`Plugin`](crate::Plugin). Every component needs it.
#[macro_export]
macro_rules! export_plugin {
    ($plugin:ty) => {
        const _: () = {
            #[cfg(target_arch = "wasm32")]
            type Role = $crate::export::PluginRole<$plugin>;
            #[cfg(target_arch = "wasm32")]
    $crate::bindings::plugin_role::export_plugin_role!(Role with_types_in $crate::bindings::plugin_role);
            #[cfg(not(target_arch = "wasm32"))]
            {
                const fn implements<T: $crate::Plugin>() {}
                implements::<$plugin>();
            }
        };
    };
}

/// Exports a type that implements [`TopicManager`](crate::TopicManager).
#[macro_export]
macro_rules! export_topic_manager {
    ($plugin:ty) => {
        const _: () = {
            #[cfg(target_arch = "wasm32")]
            type Role = $crate::export::TopicManagerRole<$plugin>;
            #[cfg(target_arch = "wasm32")]
            $crate::bindings::topic_manager_role::export_topic_manager_role!(
                Role with_types_in $crate::bindings::topic_manager_role
            );
            #[cfg(not(target_arch = "wasm32"))]
            {
                const fn implements<T: $crate::TopicManager>() {}
                implements::<$plugin>();
            }
        };
    };
}

/// Exports a type that implements [`BasketManager`](crate::BasketManager).
#[macro_export]
macro_rules! export_basket_manager {
    ($plugin:ty) => {
        const _: () = {
            #[cfg(target_arch = "wasm32")]
            type Role = $crate::export::BasketManagerRole<$plugin>;
            #[cfg(target_arch = "wasm32")]
            $crate::bindings::basket_manager_role::export_basket_manager_role!(
                Role with_types_in $crate::bindings::basket_manager_role
            );
            #[cfg(not(target_arch = "wasm32"))]
            {
                const fn implements<T: $crate::BasketManager>() {}
                implements::<$plugin>();
            }
        };
    };
}

/// Exports a type that implements [`TopicRelevance`](crate::TopicRelevance), beside [`export_topic_manager!`].
#[macro_export]
macro_rules! export_topic_relevance {
    ($plugin:ty) => {
        const _: () = {
            #[cfg(target_arch = "wasm32")]
            type Role = $crate::export::TopicRelevanceRole<$plugin>;
            #[cfg(target_arch = "wasm32")]
            $crate::bindings::topic_relevance_role::export_topic_relevance_role!(
                Role with_types_in $crate::bindings::topic_relevance_role
            );
            #[cfg(not(target_arch = "wasm32"))]
            {
                const fn implements<T: $crate::TopicRelevance>() {}
                implements::<$plugin>();
            }
        };
    };
}

/// Exports a type that implements [`LookupService`](crate::LookupService).
#[macro_export]
macro_rules! export_lookup_service {
    ($plugin:ty) => {
        const _: () = {
            #[cfg(target_arch = "wasm32")]
            type Role = $crate::export::LookupServiceRole<$plugin>;
            #[cfg(target_arch = "wasm32")]
            $crate::bindings::lookup_service_role::export_lookup_service_role!(
                Role with_types_in $crate::bindings::lookup_service_role
            );
            #[cfg(not(target_arch = "wasm32"))]
            {
                const fn implements<T: $crate::LookupService>() {}
                implements::<$plugin>();
            }
        };
    };
}
