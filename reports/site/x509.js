// SPDX-License-Identifier: GPL-3.0-or-later
/* X.509 certificates (RFC 5280) as far as signatures of haiki need them: whose key it is, who issued it,
 * from when to when, for what; and whether the issuer's key really signed it. */
"use strict";

haiki.x509 = (() => {
	const der = haiki.der;
	const CURVES = {
		"1.2.840.10045.3.1.7": { name: "P-256", bytes: 32 },
		"1.3.132.0.34": { name: "P-384", bytes: 48 },
		"1.3.132.0.35": { name: "P-521", bytes: 66 },
	};
	// Signature algorithms and the digest that each of them names.
	const SIGNATURES = {
		"1.2.840.10045.4.3.2": { key: "ECDSA", hash: "SHA-256" },
		"1.2.840.10045.4.3.3": { key: "ECDSA", hash: "SHA-384" },
		"1.2.840.10045.4.3.4": { key: "ECDSA", hash: "SHA-512" },
		"1.2.840.113549.1.1.1": { key: "RSA", hash: null },
		"1.2.840.113549.1.1.11": { key: "RSA", hash: "SHA-256" },
		"1.2.840.113549.1.1.12": { key: "RSA", hash: "SHA-384" },
		"1.2.840.113549.1.1.13": { key: "RSA", hash: "SHA-512" },
	};
	// Extended purposes of who signs documents: e-mail, documents (RFC 9336), any. A server or a login has others.
	const PURPOSES = ["1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "2.5.29.37.0"];
	const DIGITAL_SIGNATURE = 0x80;
	const CERTIFICATE_SIGNING = 0x04;

	function readKey(spki) {
		const [algorithm] = der.children(der.expect(spki, der.SEQUENCE));
		const [name, parameters] = der.children(der.expect(algorithm, der.SEQUENCE));
		if (der.oid(name) === "1.2.840.113549.1.1.1")
			return { type: "RSA", spki: spki.all };
		const curve = der.oid(name) === "1.2.840.10045.2.1" && CURVES[der.oid(parameters)];
		if (!curve)
			throw new haiki.Unable("algorithm-unknown", der.oid(name));
		return { type: "ECDSA", curve, spki: spki.all };
	}

	function readExtensions(holder) {
		const found = { ca: false, usage: null, unknown: false, role: "", documents: true };
		const known = ["2.5.29.14", "2.5.29.35", "2.5.29.31", "2.5.29.17", "2.5.29.32"];
		for (const extension of holder ? der.children(der.whole(holder.content, der.SEQUENCE)) : []) {
			const parts = der.children(der.expect(extension, der.SEQUENCE));
			const name = der.oid(parts[0]);
			const critical = parts.length === 3 && parts[1].content[0] !== 0;
			const value = der.expect(parts[parts.length - 1], der.OCTETS).content;
			if (name === "2.5.29.19") {
				const [flag] = der.children(der.whole(value, der.SEQUENCE));
				found.ca = flag !== undefined && flag.tag === 0x01 && flag.content[0] === 0xff;
			} else if (name === "2.5.29.15") {
				found.usage = der.bits(der.whole(value, 0x03))[0] ?? 0;
			} else if (name === "2.5.29.37") {
				found.documents = found.documents &&
					der.children(der.whole(value, der.SEQUENCE)).some((one) => PURPOSES.includes(der.oid(one)));
			} else if (name === "2.5.29.9") {
				// For what our own CA gave it to a person; null for what is not understood.
				const role = /urn:haiki:role:(approver|witness)$/.exec(new TextDecoder("latin1").decode(value));
				found.role = found.role === "" && role ? role[1] : null;
			} else if (critical && !known.includes(name)) {
				found.unknown = true;
			}
		}
		return found;
	}

	// The last common name, or the last name at all, of a distinguished name.
	function nameForPeople(name) {
		let best = "";
		for (const set of der.children(name)) {
			for (const pair of der.children(set)) {
				const [type, value] = der.children(pair);
				const common = der.oid(type) === "2.5.4.3";
				if (common || best === "")
					best = new TextDecoder().decode(value.content);
			}
		}
		return best;
	}

	function parse(bytes) {
		const [tbs, algorithm, signature] = der.children(der.whole(bytes, der.SEQUENCE));
		const fields = der.children(der.expect(tbs, der.SEQUENCE));
		if (fields[0].tag !== der.CONTEXT)
			throw der.bad();
		const [, serial, , issuer, validity, subject, spki] = fields;
		const [from, until] = der.children(der.expect(validity, der.SEQUENCE));
		const extensions = readExtensions(fields.find((field) => field.tag === der.CONTEXT + 3));
		return {
			bytes, tbs: tbs.all, serial: der.expect(serial, der.INTEGER).all,
			issuer: der.expect(issuer, der.SEQUENCE).all, subject: der.expect(subject, der.SEQUENCE).all,
			name: nameForPeople(subject), from: der.time(from), until: der.time(until),
			spki, ca: extensions.ca, usage: extensions.usage, unknown: extensions.unknown,
			role: extensions.role, documents: extensions.documents,
			algorithm: der.oid(der.children(der.expect(algorithm, der.SEQUENCE))[0]),
			signature: der.bits(signature),
		};
	}

	// r and s of an ECDSA signature side by side, as WebCrypto takes them.
	function flatSignature(signature, bytes) {
		const numbers = der.children(der.whole(signature, der.SEQUENCE));
		if (numbers.length !== 2)
			throw der.bad();
		const flat = new Uint8Array(2 * bytes);
		numbers.forEach((number, at) => {
			let content = der.expect(number, der.INTEGER).content;
			if (content.length > 1 && content[0] === 0)
				content = content.subarray(1);
			if (content.length > bytes)
				throw new haiki.Refusal("signature-broken");
			flat.set(content, (at + 1) * bytes - content.length);
		});
		return flat;
	}

	// Did the key of this certificate sign these bytes? hash: what the signer says it is; null: as the algorithm.
	async function signed(certificate, algorithm, hash, signature, data) {
		const named = SIGNATURES[algorithm];
		const key = readKey(certificate.spki);
		if (!named || named.key !== key.type || (named.hash && hash && named.hash !== hash))
			throw new haiki.Refusal("signature-algorithm", algorithm);
		const digest = named.hash ?? hash;
		if (!digest)
			throw new haiki.Refusal("signature-algorithm", algorithm);
		if (key.type === "RSA") {
			const rsa = { name: "RSASSA-PKCS1-v1_5", hash: digest };
			return haiki.verify("spki", key.spki, rsa, rsa, signature, data);
		}
		return haiki.verify("spki", key.spki, { name: "ECDSA", namedCurve: key.curve.name },
			{ name: "ECDSA", hash: digest }, flatSignature(signature, key.curve.bytes), data);
	}

	// Is it issued by one of the anchors, or over one that is itself issued so, all of them in date? Resolves to the anchor.
	async function issuerOf(certificate, between, anchors, now, depth = 0) {
		for (const anchor of anchors) {
			if (haiki.equal(anchor.subject, certificate.issuer) && isIssuer(anchor, now) &&
				await signed(anchor, certificate.algorithm, null, certificate.signature, certificate.tbs))
				return anchor;
		}
		if (depth < 4) {
			for (const next of between) {
				if (next === certificate || !isIssuer(next, now) ||
					!haiki.equal(next.subject, certificate.issuer) ||
					!await signed(next, certificate.algorithm, null, certificate.signature, certificate.tbs))
					continue;
				return issuerOf(next, between.filter((other) => other !== next), anchors, now, depth + 1);
			}
		}
		throw new haiki.Refusal("signature-wrong-signer", certificate.name);
	}

	const isIssuer = (certificate, now) => certificate.ca && !certificate.unknown &&
		now >= certificate.from && now <= certificate.until &&
		(certificate.usage === null || (certificate.usage & CERTIFICATE_SIGNING) !== 0);
	// In this role: who has a certificate for one has it for no other, least of all for issuing.
	const maySign = (certificate, role) => !certificate.ca && !certificate.unknown && certificate.documents &&
		(certificate.role === "" || certificate.role === role) &&
		certificate.usage !== null && (certificate.usage & DIGITAL_SIGNATURE) !== 0;

	return { parse, signed, issuerOf, maySign };
})();
