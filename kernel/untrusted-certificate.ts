/** Tells a server whose certificate we do not trust from one that is not there yet: waiting makes no difference to it. */
import { OperatorError } from './operator-error.ts';

/** OpenSSL's and Node's names for it (Node's documentation of TLS, "X509 certificate error codes"). */
const codes = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/**
 * The sentence for whoever started Syntra; undefined when the error is about something else.
 * @param server e.g. PostgreSQL at db:5432
 */
export const untrustedCertificate = (error: unknown, server: string): OperatorError | undefined => {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && codes.has(code)) {
      return new OperatorError(
        `The certificate of ${server} is not trusted (${at.message.split(';', 1)[0]}): put the certificate of the authority that signed it into a file and name that in NODE_EXTRA_CA_CERTS.`,
        { cause: error },
      );
    }
  }
  return undefined;
};
