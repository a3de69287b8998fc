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

/// Exports a type that implements [`Plugin`](crate::Plugin). Every component needs it, once.
///
/// ```
/// use trellis_plugin::{Description, Plugin};
///
/// struct Tickets;
///
/// impl Plugin for Tickets {
///     fn describe() -> Description {
///         Description::new("Tickets", "Admits tickets of events.")
///     }
///
///     fn documentation() -> String {
///         "# Tickets".into()
///     }
/// }
///
/// trellis_plugin::export_plugin!(Tickets);
/// ```
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

/// Exports a type that implements [`TopicManager`](crate::TopicManager), beside [`export_plugin!`].
///
/// ```
/// use trellis_plugin::{AdmittanceInstructions, Refusal, Submission, TopicManager};
///
/// struct FirstOutput;
///
/// impl TopicManager for FirstOutput {
///     fn identify_admissible_outputs(_: Submission) -> Result<AdmittanceInstructions, Refusal> {
///         Ok(AdmittanceInstructions::admit([0]))
///     }
/// }
///
/// trellis_plugin::export_topic_manager!(FirstOutput);
/// ```
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

/// Exports a type that implements [`BasketManager`](crate::BasketManager), beside [`export_plugin!`].
///
/// ```
/// use trellis_plugin::{BasketManager, Operation, Organising, Refusal, Token};
///
/// struct Shop;
///
/// impl BasketManager for Shop {
///     fn operations(organising: Organising) -> Result<Vec<Operation>, Refusal> {
///         let token = Token::new("shop/tickets", "concert", 1);
///         let admitted = organising.admitted_outputs();
///         Ok(admitted.map(|(output_index, _)| Operation::Create { output_index, token: token.clone() }).collect())
///     }
/// }
///
/// trellis_plugin::export_basket_manager!(Shop);
/// ```
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

/// Exports a type that implements [`TopicRelevance`](crate::TopicRelevance), beside [`export_plugin!`] and
/// [`export_topic_manager!`].
///
/// ```
/// use trellis_plugin::{Refusal, TopicRelevance, Transaction};
///
/// struct Tickets;
///
/// impl TopicRelevance for Tickets {
///     fn is_relevant(_topic: String, transaction: Transaction) -> Result<bool, Refusal> {
///         Ok(transaction.outputs.iter().any(|output| output.satoshis == 1))
///     }
/// }
///
/// trellis_plugin::export_topic_relevance!(Tickets);
/// ```
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

/// Exports a type that implements [`LookupService`](crate::LookupService), beside [`export_plugin!`].
///
/// ```
/// use trellis_plugin::state::Table;
/// use trellis_plugin::{AdmittedOutput, Answer, LookupService, Outpoint, Question, Refusal};
///
/// const HELD: Table<Outpoint, ()> = Table::new("");
///
/// struct Everything;
///
/// impl LookupService for Everything {
///     fn output_admitted(output: AdmittedOutput) -> Result<(), Refusal> {
///         HELD.set(&output.outpoint, &());
///         Ok(())
///     }
///
///     fn output_evicted(_topic: String, outpoint: Outpoint) -> Result<(), Refusal> {
///         HELD.remove(&outpoint);
///         Ok(())
///     }
///
///     fn lookup(_: Question) -> Result<Answer, Refusal> {
///         Ok(HELD.rows().map(|(outpoint, ())| outpoint).collect())
///     }
/// }
///
/// trellis_plugin::export_lookup_service!(Everything);
/// ```
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
