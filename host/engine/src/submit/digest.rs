//! The digest over everything a verdict depends on, so that any two hosts can compare what they judged.

use crate::domain::evidence::{KnownCertificate, TopicEvidence, Vouching};
use crate::domain::name::{TopicId, TopicName};
use crate::domain::row::{ReadRow, StateRead};
use crate::federation::CertificateDemand;
use crate::ports::plugins::TopicSubmission;

/// Digest over everything a verdict depends on, lengths included. Topics go into it by name: their numbers are this host's.
pub(crate) fn digest<'n>(
    asked: &TopicSubmission<'_>,
    configuration: [u8; 32],
    (evidence, demand): (&TopicEvidence, Option<&CertificateDemand>),
    reads: &[StateRead],
    name: impl Fn(TopicId) -> Option<&'n TopicName>,
) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    part(b"trellis verdict inputs 3");
    part(asked.topic.as_str().as_bytes());
    part(asked.view.transaction.txid().internal());
    // The txid commits to the outputs that are spent, but not to which of them the plugin was shown.
    part(&asked.view.sources.iter().map(|source| u8::from(source.is_some())).collect::<Vec<_>>());
    for coin in asked.previous_coins {
        part(&coin.to_be_bytes());
    }
    part(b"off-chain values");
    if let Some(values) = asked.off_chain_values {
        part(values);
    }
    part(b"signers");
    for signer in &evidence.signers {
        part(signer);
    }
    for certificate in &evidence.certificates {
        put_certificate(&mut part, certificate);
    }
    part(b"demand");
    if let Some(demand) = demand {
        part(demand.to_string().as_bytes());
    }
    part(b"configuration");
    part(&configuration);
    for StateRead { row, value } in reads {
        let (kind, topic): (&[u8], _) = match row {
            ReadRow::Own(_) => (b"own state", None),
            ReadRow::TopicState(topic, _) => (b"topic state", Some(*topic)),
            ReadRow::TopicOutput(topic, _) => (b"topic output", Some(*topic)),
        };
        part(kind);
        part(topic.and_then(&name).map_or(b"", |name| name.as_str().as_bytes()));
        match row {
            ReadRow::Own(key) | ReadRow::TopicState(_, key) => part(key),
            ReadRow::TopicOutput(_, outpoint) => {
                part(outpoint.txid.internal());
                part(&outpoint.vout.to_be_bytes());
            }
        }
        part(if value.is_some() { b"present" } else { b"absent" });
        if let Some(value) = value {
            part(value);
        }
    }
    *hasher.finalize().as_bytes()
}

fn put_certificate(part: &mut impl FnMut(&[u8]), certificate: &KnownCertificate) {
    let KnownCertificate { certificate_type, serial_number, subject, certifier, revocation, revealed, vouched_by } =
        certificate;
    part(b"certificate");
    for bytes in [&certificate_type[..], serial_number, subject, certifier] {
        part(bytes);
    }
    part(revocation.map(|outpoint| outpoint.to_string()).unwrap_or_default().as_bytes());
    for (name, value) in revealed {
        part(b"reveals");
        part(name.as_bytes());
        part(value.as_bytes());
    }
    for Vouching { federation, organisation, fields } in vouched_by {
        part(b"vouched by");
        part(federation.as_bytes());
        part(organisation.as_bytes());
        for field in fields {
            part(field.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use trellis_spv::hash::Outpoint;
    use trellis_spv::identity::certificate::CertificateType;
    use trellis_spv::testing::{Chain, Wallet};

    use super::*;
    use crate::domain::name::NameId;
    use crate::ports::plugins::{SourceOutput, TransactionView};

    #[test]
    fn the_digest_tells_apart_what_a_verdict_may_depend_on() {
        let wallet = Wallet::from_seed(1);
        let transaction = wallet.pay(&[Chain::new().coin(&wallet, 1_000)], &wallet.p2pkh(), 999);
        let topic = TopicName::new("tm_test").unwrap();
        let (other, more) = (TopicId(NameId(1)), TopicId(NameId(2)));
        let names = [TopicName::new("tm_other").unwrap(), TopicName::new("tm_more").unwrap()];
        let name = |topic: TopicId| names.get(topic.0.0 as usize - 1);
        let of = |row: ReadRow, value: Option<&[u8]>| vec![StateRead { row, value: value.map(<[u8]>::to_vec) }];
        let read = |value| of(ReadRow::Own(b"key".to_vec()), value);
        let outpoint = |vout| Outpoint::new(transaction.txid(), vout);
        let source = SourceOutput { satoshis: 1_000, locking_script: b"" };
        let certificate = |federation: &str| KnownCertificate {
            certificate_type: [1; 32],
            serial_number: [2; 32],
            subject: [3; 33],
            certifier: [4; 33],
            revocation: Some(outpoint(0)),
            revealed: vec![("role".to_owned(), "buyer".to_owned())],
            vouched_by: match federation {
                "" => vec![],
                _ => vec![Vouching {
                    federation: federation.to_owned(),
                    organisation: "o".to_owned(),
                    fields: vec!["role".to_owned()],
                }],
            },
        };
        let by = |signers: usize, certificates: Vec<KnownCertificate>| TopicEvidence {
            signers: vec![[3; 33]; signers],
            certificates,
        };
        let demand = CertificateDemand {
            certificate_type: CertificateType([1; 32]),
            fields: vec![],
            federation: "f".to_owned(),
        };
        let revealing = |value: &str| KnownCertificate {
            revealed: vec![("role".to_owned(), value.to_owned())],
            ..certificate("f")
        };
        let stood_behind = [
            (by(0, vec![]), None),
            (by(1, vec![]), None),
            (by(2, vec![]), None),
            (by(1, vec![certificate("")]), None),
            (by(1, vec![certificate("f")]), None),
            (by(1, vec![certificate("g")]), None),
            (by(1, vec![certificate("f")]), Some(demand)),
            (by(1, vec![revealing("seller")]), None),
            (by(1, vec![KnownCertificate { revocation: None, ..certificate("f") }]), None),
        ];
        let mut digests = Vec::new();
        for sources in [[None], [Some(source)]] {
            let view = TransactionView { transaction: &transaction, sources: &sources };
            for previous_coins in [&[][..], &[0]] {
                for off_chain_values in [None, Some(&b""[..]), Some(b"configuration")] {
                    let asked = TopicSubmission { topic: &topic, view, previous_coins, off_chain_values };
                    let reads = [
                        vec![],
                        read(None),
                        read(Some(b"")),
                        read(Some(b"absent")),
                        read(Some(b"\0absent")),
                        of(ReadRow::TopicState(other, b"key".to_vec()), None),
                        of(ReadRow::TopicState(more, b"key".to_vec()), None),
                        of(ReadRow::TopicOutput(other, outpoint(0)), None),
                        of(ReadRow::TopicOutput(other, outpoint(1)), None),
                        of(ReadRow::TopicOutput(other, outpoint(0)), Some(&[0])),
                        of(ReadRow::TopicOutput(other, outpoint(0)), Some(&[1])),
                    ];
                    for (reads, (evidence, demand)) in reads
                        .iter()
                        .map(|reads| (reads, &stood_behind[0]))
                        .chain(stood_behind.iter().skip(1).map(|by| (&reads[0], by)))
                    {
                        let digest =
                            |configuration| digest(&asked, configuration, (evidence, demand.as_ref()), reads, name);
                        digests.extend([[0; 32], [1; 32]].map(digest));
                    }
                }
            }
        }
        let all = digests.len();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!((all, digests.len()), (456, 456));
    }
}
