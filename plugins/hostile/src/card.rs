//! `describe` and `documentation`, which can be overlong and garbled.

use trellis_plugin::{Description, Plugin, config};

use crate::{Hostile, behaviour};

impl Plugin for Hostile {
    fn describe() -> Description {
        let told = config::get("behave-describe").unwrap_or_default();
        let (name, argument) = behaviour::split(&told);
        match name {
            "empty" => Description::default(),
            "long-name" => {
                Description::new("n".repeat(behaviour::number(argument, 65) as usize), "A hostile test guest.")
            }
            "long-sentence" => Description::new("Hostile", "s".repeat(behaviour::number(argument, 257) as usize)),
            "control" => Description::new("Host\u{1b}[31mile\r\n", "A hostile\0 test guest.\u{202e}"),
            _ => {
                // The trait knows no refusal; `raw` has one.
                let _ = behaviour::act(&told);
                Description::new("Hostile", "Misbehaves on request, for the sandbox's tests.").with_version("6.6.6")
            }
        }
    }

    fn documentation() -> String {
        let told = config::get("behave-documentation").unwrap_or_default();
        match behaviour::split(&told) {
            ("long", argument) => "d".repeat(behaviour::number(argument, (64 << 10) + 1) as usize),
            _ => {
                let _ = behaviour::act(&told);
                "# Hostile\nDo not load this.".into()
            }
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
trellis_plugin::export_plugin!(Hostile);
