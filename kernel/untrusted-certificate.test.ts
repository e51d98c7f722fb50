import { expect, test } from 'vitest';
import { OperatorError } from './operator-error.ts';
import { untrustedCertificate } from './untrusted-certificate.ts';

test('finds the certificate that is not trusted, also beneath what somebody else made of it', () => {
  const cause = Object.assign(new Error('self-signed certificate; if the root CA is installed locally, try …'), {
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
  const found = untrustedCertificate(new Error('ClickHouse does not answer', { cause }), 'ClickHouse at ch:8443');
  expect(found).toBeInstanceOf(OperatorError);
  expect(found?.message).toBe(
    'The certificate of ClickHouse at ch:8443 is not trusted (self-signed certificate): put the certificate of the authority that signed it into a file and name that in NODE_EXTRA_CA_CERTS.',
  );
});

test('leaves other errors alone', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  expect(untrustedCertificate(refused, 'it')).toBeUndefined();
  expect(untrustedCertificate('nothing', 'it')).toBeUndefined();
});
