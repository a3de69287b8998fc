//! First-party plugins as components, built by this crate's build script and embedded here.

/// A component that comes with the host.
#[derive(Clone, Copy, Debug)]
pub struct Embedded {
    /// What configuration calls it.
    pub id: &'static str,
    /// The component.
    pub wasm: &'static [u8],
}

/// `tm_helloworld` and `ls_helloworld`: signed messages to the world.
pub const HELLOWORLD: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/helloworld.wasm"));

/// `tm_anytx` and `ls_anytx`: every output of every transaction.
pub const ANYTX: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/anytx.wasm"));

/// `tm_identity` and `ls_identity`: certificates that people reveal to the world.
pub const IDENTITY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/identity.wasm"));

/// `tm_certificate_revocation` and `ls_certificate_revocation`: whether certificates were revoked.
pub const CERTIFICATE_REVOCATION: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/certificate-revocation.wasm"));

/// A test guest that misbehaves on request. Not among [`all`].
#[cfg(feature = "hostile")]
pub const HOSTILE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hostile.wasm"));

/// `tm_shop` and its baskets: an example of a basket manager. Not among [`all`].
#[cfg(feature = "shop")]
pub const SHOP: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/shop.wasm"));

/// The plugins of those of `examples/` that can share a host, by the ids their configurations have for them. Not among [`all`].
#[cfg(feature = "examples")]
pub const EXAMPLES: [Embedded; 4] = [
    Embedded { id: "ledger", wasm: include_bytes!(concat!(env!("OUT_DIR"), "/ledger.wasm")) },
    Embedded { id: "marketplace", wasm: include_bytes!(concat!(env!("OUT_DIR"), "/marketplace.wasm")) },
    Embedded { id: "supply-chain", wasm: include_bytes!(concat!(env!("OUT_DIR"), "/supply-chain.wasm")) },
    Embedded { id: "tickets", wasm: include_bytes!(concat!(env!("OUT_DIR"), "/tickets.wasm")) },
];

/// The plugin of `examples/federation`. Not among [`all`].
#[cfg(feature = "examples")]
pub const FEDERATION: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/federation.wasm"));

static ALL: [Embedded; 4] = [
    Embedded { id: "anytx", wasm: ANYTX },
    Embedded { id: "certificate-revocation", wasm: CERTIFICATE_REVOCATION },
    Embedded { id: "helloworld", wasm: HELLOWORLD },
    Embedded { id: "identity", wasm: IDENTITY },
];

/// Every plugin that comes with the host.
pub fn all() -> &'static [Embedded] {
    &ALL
}

/// The plugin that comes with the host under this id.
pub fn find(id: &str) -> Option<&'static Embedded> {
    ALL.iter().find(|embedded| embedded.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a component begins: the magic number, then the version and layer that tell it from a core module.
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn every_embedded_plugin_is_a_component() {
        for embedded in all() {
            assert!(embedded.wasm.starts_with(COMPONENT), "{}", embedded.id);
            assert_eq!(find(embedded.id).map(|found| found.wasm.len()), Some(embedded.wasm.len()));
        }
        assert!(find("hostile").is_none());
    }

    #[cfg(feature = "hostile")]
    #[test]
    fn the_hostile_guest_is_a_component() {
        assert!(HOSTILE.starts_with(COMPONENT));
    }

    /// Small enough to be read as a whole; a jump means that something heavy was linked in.
    const SIZE_MOST: usize = 160 * 1024;

    #[test]
    fn components_stay_small_and_free_of_wasi() {
        for embedded in all() {
            assert!(embedded.wasm.len() < SIZE_MOST, "{} has {} bytes", embedded.id, embedded.wasm.len());
            assert!(!embedded.wasm.windows(5).any(|window| window == b"wasi:"), "{}", embedded.id);
        }
    }
}
