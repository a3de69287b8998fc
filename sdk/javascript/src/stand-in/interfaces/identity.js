// `identity` of the stand-in. It checks no certificate: give `addCertificate` what the host would find.

import { host } from '../host.js'

export default {
  signers: () => host.signers,
  certificates: () => host.certificates,
  verifyCertificate: () => { throw new Error('the stand-in checks no certificates; test this against a host') }
}
