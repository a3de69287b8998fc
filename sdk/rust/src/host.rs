//! The host's functions: the component's imports in a component, the stand-in's answers anywhere else. Both modules
//! have the same functions, so the rest of the crate does not know which one it talks to.

#[cfg(target_arch = "wasm32")]
mod component;
#[cfg(target_arch = "wasm32")]
pub(crate) use component::*;

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::*;
