// SPDX-License-Identifier: GPL-3.0-or-later
/* Checking one certificate with what a browser has: each check gives a line, and a check that could not be made
 * is never a passed one. */
"use strict";

haiki.check = (() => {
	// An exception that nobody foresaw is a failure: whatever caused it was not checked to be good.
	async function line(name, work) {
		try {
			return { name, result: "passed", code: "", values: await work() ?? {} };
		} catch (error) {
			const known = error instanceof haiki.Refusal;
			return {
				name, result: error instanceof haiki.Unable ? "unable" : "failed",
				code: known ? error.code : "unexpected",
				values: { detail: known ? error.detail : String(error) },
			};
		}
	}

	const unable = (code, detail) => {
		throw new haiki.Unable(code, detail);
	};

	async function digest(question) {
		const sha256 = haiki.toHex(await haiki.sha256(question.json));
		const expected = question.digests.get(question.document()?.name);
		if (expected === undefined)
			throw new haiki.Unable("not-listed", sha256);
		if (expected !== sha256)
			throw new haiki.Refusal("digest-differs", sha256);
		return { detail: sha256 };
	}

	// The signers, read once; whose signature is the issuer's, and whose are of second persons.
	function signersOf(question) {
		if (!question.p7s)
			unable("no-signature-file");
		question.cms ??= haiki.cms.parse(question.p7s);
		return question.cms;
	}

	function issuerOf(question) {
		const issuers = signersOf(question).signers.filter((signer) => signer.role === "");
		if (issuers.length !== 1)
			throw new haiki.Refusal("signature-count");
		return issuers[0];
	}

	async function signature(question) {
		const signer = issuerOf(question);
		await haiki.cms.check(signer, question.json);
		return { name: signer.certificate.name };
	}

	async function chain(question, signer) {
		const certificate = signer.certificate;
		if (!certificate)
			throw new haiki.Refusal("signature-certificate");
		if (question.anchors.length === 0)
			unable("no-anchor");
		const anchor = await haiki.x509.issuerOf(certificate, question.cms.certificates, question.anchors,
			question.now);
		if (!haiki.x509.maySign(certificate, signer.role))
			throw new haiki.Refusal("signer-not-allowed", certificate.name);
		if (signer.time !== null && (signer.time < certificate.from || signer.time > certificate.until))
			throw new haiki.Refusal("signer-expired", certificate.name);
		if (question.now < certificate.from)
			throw new haiki.Refusal("signer-not-yet-valid", certificate.name);
		if (question.now > certificate.until) {
			const code = signer.stamped ? "signer-expired-since" : "signer-expired";
			throw signer.stamped ? new haiki.Unable(code, certificate.name)
				: new haiki.Refusal(code, certificate.name);
		}
		return { name: anchor.name, detail: haiki.toHex(await haiki.sha256(anchor.bytes)) };
	}

	async function second(question, signer) {
		await haiki.cms.check(signer, question.json);
		await chain(question, signer);
		return { name: signer.certificate.name, role: signer.role };
	}

	function proofOf(question) {
		if (!question.proof)
			unable("no-proof-file");
		question.parsedProof ??= haiki.ledger.parse(question.proof);
		return question.parsedProof;
	}

	// The record of the ledger speaks of this certificate: by name, by digest, by what it says.
	async function record(question) {
		const proof = proofOf(question);
		const stated = parseJson(proof.record, "record-malformed");
		const body = stated.body ?? {};
		const document = question.document();
		if (stated.format !== "haiki-record" || stated.format_version !== 1)
			throw new haiki.Refusal("record-malformed");
		if (BigInt(stated.index) !== proof.index)
			throw new haiki.Refusal("record-index");
		const outcome = document?.verdict?.outcome ?? document?.verdict?.stage;
		if (!["certificate", "tenant"].includes(stated.kind) || body.name !== document?.name)
			throw new haiki.Refusal("record-of-another", String(body.name ?? ""));
		if (body.sha256 !== haiki.toHex(await haiki.sha256(question.json)) || body.outcome !== outcome)
			throw new haiki.Refusal("record-differs");
		return { index: proof.index };
	}

	async function inclusion(question) {
		const proof = proofOf(question);
		await haiki.ledger.checkInclusion(proof);
		return { index: proof.index, size: proof.checkpoint.size };
	}

	// The key that the signed certificate names; one without a ledger of its own leaves it to the site.
	async function checkpoint(question) {
		const proof = proofOf(question);
		const key = question.document()?.ledger?.key ?? question.ledgerKey;
		if (!key)
			unable("no-ledger-key");
		await haiki.ledger.checkCheckpoint(proof.checkpoint, key);
		return { name: proof.checkpoint.origin };
	}

	// The name of the certificate that takes its place, as this site lists them; "": none does.
	function superseded(question) {
		const later = question.superseded.get(question.document().name);
		if (later !== "")
			throw new haiki.Refusal("superseded", later);
	}

	// What people see on the page is what the document says.
	async function page(question) {
		for (const [path, shown] of question.facts) {
			const value = path.split(".").reduce((at, key) => at?.[key], question.document());
			if (typeof value !== "string" || haiki.visible(value) !== shown)
				throw new haiki.Refusal("page-differs", path);
		}
		return {};
	}

	function parseJson(bytes, code) {
		const text = haiki.toText(bytes, code);
		try {
			const value = JSON.parse(text);
			if (typeof value === "object" && value !== null)
				return value;
		} catch {
			// told below
		}
		throw new haiki.Refusal(code);
	}

	// undefined where it says none, or cannot be read, which other lines tell.
	function readName(asked) {
		try {
			return asked.document().name;
		} catch {
			return undefined;
		}
	}

	/* json, p7s, proof: bytes, the latter two may be null. anchors: DER of the CAs that the page carries;
	 * ledgerKey: text or ""; digests: a Map of certificates' names to the digests that the site states;
	 * superseded: a Map of these names to the later certificate's, or "", or null; facts: pairs of a path and what the page shows there, or null. Resolves to the lines, in order. */
	async function certificate(question) {
		let document = null;
		const asked = {
			...question, now: Date.now(),
			anchors: question.anchors.map((bytes) => haiki.x509.parse(bytes)),
			document: () => document ??= parseJson(question.json, "document-malformed"),
		};
		const lines = [
			await line("digest", () => digest(asked)),
			await line("signature", () => signature(asked)),
			await line("chain", () => chain(asked, issuerOf(asked))),
		];
		for (const signer of asked.cms?.signers ?? []) {
			if (signer.role !== "")
				lines.push(await line("second", () => second(asked, signer)));
		}
		lines.push(await line("record", () => record(asked)));
		lines.push(await line("inclusion", () => inclusion(asked)));
		lines.push(await line("checkpoint", () => checkpoint(asked)));
		if (question.superseded?.has(readName(asked)))
			lines.push(await line("superseded", () => superseded(asked)));
		if (question.facts)
			lines.push(await line("page", () => page(asked)));
		return lines;
	}

	// The worst of them: "failed", "unable", "passed".
	const worst = (lines) => ["failed", "unable"].find(
		(result) => lines.some((one) => one.result === result)) ?? "passed";

	return { certificate, worst };
})();
