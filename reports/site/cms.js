// SPDX-License-Identifier: GPL-3.0-or-later
/* NAME.p7s: a detached CMS SignedData (RFC 5652), taken apart and checked over the bytes of NAME.json. Who the
 * signer is, is the chain's question. */
"use strict";

haiki.cms = (() => {
	const der = haiki.der;
	const SIGNED_DATA = "1.2.840.113549.1.7.2";
	const DATA = "1.2.840.113549.1.7.1";
	const CONTENT_TYPE = "1.2.840.113549.1.9.3";
	const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
	const SIGNING_TIME = "1.2.840.113549.1.9.5";
	const SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47";
	const TIME_STAMP = "1.2.840.113549.1.9.16.2.14";
	const SIGNER_ATTRIBUTES = "0.4.0.19122.1.1"; // ETSI EN 319 122-1 5.2.6
	const DIGESTS = {
		"2.16.840.1.101.3.4.2.1": "SHA-256",
		"2.16.840.1.101.3.4.2.2": "SHA-384",
		"2.16.840.1.101.3.4.2.3": "SHA-512",
	};

	// The attributes by name; each at most once, with exactly one value.
	function attributes(holder) {
		const found = new Map();
		for (const attribute of holder ? der.children(holder) : []) {
			const [type, values] = der.children(der.expect(attribute, der.SEQUENCE));
			const all = der.children(der.expect(values, der.SET));
			if (all.length !== 1 || found.has(der.oid(type)))
				throw der.bad();
			found.set(der.oid(type), all[0]);
		}
		return found;
	}

	// As what a second person signed: "approver", "witness"; "" is the issuer.
	function roleOf(attribute) {
		if (!attribute)
			return "";
		const role = /urn:haiki:role:(approver|witness)$/.exec(new TextDecoder("latin1").decode(attribute.all));
		if (!role)
			throw new haiki.Refusal("signature-role");
		return role[1];
	}

	function readSigner(info) {
		const parts = der.children(der.expect(info, der.SEQUENCE));
		const [, who, digest, signedHolder, algorithm, value, unsignedHolder] = parts;
		if (parts.length < 6 || parts.length > 7 || signedHolder.tag !== der.CONTEXT)
			throw der.bad();
		const hash = DIGESTS[der.oid(der.children(der.expect(digest, der.SEQUENCE))[0])];
		if (!hash)
			throw new haiki.Refusal("signature-algorithm");
		const covered = Uint8Array.from(signedHolder.all);
		covered[0] = der.SET; // what is signed is the set itself (RFC 5652 5.4)
		const named = attributes(signedHolder);
		return {
			who, hash, covered, signed: named, role: roleOf(named.get(SIGNER_ATTRIBUTES)),
			unsigned: attributes(unsignedHolder && der.expect(unsignedHolder, der.CONTEXT + 1)),
			algorithm: der.oid(der.children(der.expect(algorithm, der.SEQUENCE))[0]),
			value: der.expect(value, der.OCTETS).content,
			time: named.has(SIGNING_TIME) ? der.time(named.get(SIGNING_TIME)) : null,
		};
	}

	function parse(bytes) {
		const [type, holder] = der.children(der.whole(bytes, der.SEQUENCE));
		if (der.oid(type) !== SIGNED_DATA)
			throw der.bad();
		const parts = der.children(der.whole(der.expect(holder, der.CONTEXT).content, der.SEQUENCE));
		const [, , content, certificates, signers] = parts;
		if (parts.length !== 5 || der.children(content).length !== 1 ||
			der.oid(der.children(content)[0]) !== DATA)
			throw new haiki.Refusal("signature-not-detached");
		const found = {
			certificates: der.children(der.expect(certificates, der.CONTEXT))
				.map((one) => haiki.x509.parse(one.all)),
			signers: der.children(der.expect(signers, der.SET)).map(readSigner),
		};
		if (found.signers.length === 0)
			throw new haiki.Refusal("signature-count");
		for (const signer of found.signers) {
			signer.certificate = found.certificates.find((one) => isOf(signer.who, one)) ?? null;
			signer.stamped = signer.unsigned.has(TIME_STAMP);
		}
		return found;
	}

	// issuerAndSerialNumber of a signer names this certificate.
	function isOf(who, certificate) {
		if (who.tag !== der.SEQUENCE)
			return false;
		const [issuer, serial] = der.children(who);
		return haiki.equal(issuer.all, certificate.issuer) && haiki.equal(serial.all, certificate.serial);
	}

	// signing-certificate-v2 (RFC 5035) binds the certificate; SHA-256 where it names no digest.
	async function checkBinding(signer) {
		const value = signer.signed.get(SIGNING_CERTIFICATE);
		if (!value)
			throw new haiki.Refusal("signature-certificate");
		const [list] = der.children(der.expect(value, der.SEQUENCE));
		const parts = der.children(der.children(der.expect(list, der.SEQUENCE))[0]);
		let hash = "SHA-256";
		if (parts[0].tag === der.SEQUENCE)
			hash = DIGESTS[der.oid(der.children(parts.shift())[0])];
		if (!hash)
			throw new haiki.Refusal("signature-algorithm");
		const digest = new Uint8Array(await haiki.subtle().digest(hash, signer.certificate.bytes));
		if (!haiki.equal(digest, der.expect(parts[0], der.OCTETS).content))
			throw new haiki.Refusal("signature-certificate");
	}

	// Is this a signature, by the certificate inside, over exactly these bytes?
	async function check(signer, data) {
		if (!signer.certificate)
			throw new haiki.Refusal("signature-certificate");
		if (!await haiki.x509.signed(signer.certificate, signer.algorithm, signer.hash, signer.value,
			signer.covered))
			throw new haiki.Refusal("signature-broken");
		const type = signer.signed.get(CONTENT_TYPE);
		const stated = signer.signed.get(MESSAGE_DIGEST);
		if (!type || der.oid(type) !== DATA || !stated)
			throw der.bad();
		const digest = new Uint8Array(await haiki.subtle().digest(signer.hash, data));
		if (!haiki.equal(digest, der.expect(stated, der.OCTETS).content))
			throw new haiki.Refusal("signature-wrong-content");
		await checkBinding(signer);
	}

	return { parse, check };
})();
