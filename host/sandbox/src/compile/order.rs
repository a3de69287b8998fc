//! What the parent writes to the child's standard input: a fixed header, then the component to the end of the stream.

use std::io::{self, Read, Write};

/// Begins every order, so that a program started by mistake says so instead of compiling rubbish.
const MAGIC: [u8; 16] = *b"trellis-compile1";

/// An order's header. All numbers are little-endian on the stream, in this order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Header {
    /// Most address space, in bytes.
    pub(super) memory_bytes: u64,
    /// Most CPU time, in seconds.
    pub(super) cpu_seconds: u64,
    /// Largest compiled file, in bytes.
    pub(super) compiled_bytes: u64,
    /// Size of the component, in bytes.
    pub(super) wasm_bytes: u64,
    /// What the parent's engine expects of compiled code.
    pub(super) code_digest: [u8; 32],
}

impl Header {
    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        to.write_all(&MAGIC)?;
        for number in [self.memory_bytes, self.cpu_seconds, self.compiled_bytes, self.wasm_bytes] {
            to.write_all(&number.to_le_bytes())?;
        }
        to.write_all(&self.code_digest)
    }

    pub(super) fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut magic = [0; MAGIC.len()];
        from.read_exact(&mut magic)?;
        if magic != MAGIC {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "this is not an order to compile a plugin"));
        }
        let mut number = || {
            let mut bytes = [0; 8];
            from.read_exact(&mut bytes).map(|()| u64::from_le_bytes(bytes))
        };
        let (memory_bytes, cpu_seconds, compiled_bytes, wasm_bytes) = (number()?, number()?, number()?, number()?);
        let mut code_digest = [0; 32];
        from.read_exact(&mut code_digest)?;
        Ok(Self { memory_bytes, cpu_seconds, compiled_bytes, wasm_bytes, code_digest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_round_trips_and_anything_else_is_refused() {
        let header = Header { memory_bytes: 1, cpu_seconds: 2, compiled_bytes: 3, wasm_bytes: 4, code_digest: [5; 32] };
        let mut bytes = Vec::new();
        header.write(&mut bytes).unwrap();
        assert_eq!(Header::read(&mut bytes.as_slice()).unwrap(), header);
        bytes[0] = b'T';
        assert!(Header::read(&mut bytes.as_slice()).is_err());
        assert!(Header::read(&mut &bytes[..20]).is_err());
    }
}
