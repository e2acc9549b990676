// SPDX-License-Identifier: GPL-3.0-or-later
/* NAME.proof (C2SP tlog-proof): a record, its place in the ledger's Merkle tree (RFC 6962), and the signed head
 * of that tree (C2SP tlog-checkpoint, Ed25519). */
"use strict";

haiki.ledger = (() => {
	const ED25519 = 1;

	const number = (text, code) => {
		if (!/^(0|[1-9][0-9]{0,18})$/.test(text))
			throw new haiki.Refusal(code);
		return BigInt(text);
	};

	const hash = (text, code) => {
		const bytes = haiki.fromBase64(text, code);
		if (bytes.length !== 32)
			throw new haiki.Refusal(code);
		return bytes;
	};

	// A public key as people hand it on: NAME+HASH+BASE64 (C2SP signed-note).
	async function parseKey(text) {
		const parts = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
		if (!parts)
			throw new haiki.Refusal("ledger-key-malformed");
		const key = haiki.fromBase64(parts[3], "ledger-key-malformed");
		if (key.length !== 33 || key[0] !== ED25519)
			throw new haiki.Refusal("ledger-key-malformed");
		const id = (await haiki.sha256(haiki.concat(haiki.toBytes(parts[1] + "\n"), key))).subarray(0, 4);
		if (haiki.toHex(id) !== parts[2])
			throw new haiki.Refusal("ledger-key-malformed");
		return { name: parts[1], id, bytes: key.subarray(1) };
	}

	function parseSignature(line) {
		const parts = /^— ([^\s+]+) ([A-Za-z0-9+/=]+)$/.exec(line);
		if (!parts)
			throw new haiki.Refusal("note-malformed");
		const bytes = haiki.fromBase64(parts[2], "note-malformed");
		if (bytes.length < 5)
			throw new haiki.Refusal("note-malformed");
		return { name: parts[1], id: bytes.subarray(0, 4), value: bytes.subarray(4) };
	}

	// A signed note whose text is a checkpoint.
	function parseCheckpoint(note) {
		const cut = note.lastIndexOf("\n\n");
		if (cut < 0 || !note.endsWith("\n"))
			throw new haiki.Refusal("note-malformed");
		const text = note.slice(0, cut + 1);
		const [origin, size, root] = text.split("\n");
		if (!origin || size === undefined || root === undefined)
			throw new haiki.Refusal("checkpoint-malformed");
		return {
			text, origin, size: number(size, "checkpoint-malformed"),
			root: hash(root, "checkpoint-malformed"),
			signatures: note.slice(cut + 2, -1).split("\n").map(parseSignature),
		};
	}

	function parse(bytes) {
		const text = haiki.toText(bytes, "proof-malformed");
		const cut = text.indexOf("\n\n");
		if (cut < 0)
			throw new haiki.Refusal("proof-malformed");
		const [title, extra, index, ...hashes] = text.slice(0, cut).split("\n");
		if (title !== "c2sp.org/tlog-proof@v1" || !extra || !extra.startsWith("extra ") ||
			!index || !index.startsWith("index ") || hashes.length > 64)
			throw new haiki.Refusal("proof-malformed");
		return {
			record: haiki.fromBase64(extra.slice(6), "proof-malformed"),
			index: number(index.slice(6), "proof-malformed"),
			hashes: hashes.map((line) => hash(line, "proof-malformed")),
			checkpoint: parseCheckpoint(text.slice(cut + 2)),
		};
	}

	const leafHash = async (record) =>
		haiki.sha256(haiki.concat(Uint8Array.of(0), await haiki.sha256(record)));
	const nodeHash = (left, right) => haiki.sha256(haiki.concat(Uint8Array.of(1), left, right));

	// RFC 9162 2.1.3.2: the hashes lead from the leaf at index to the root, and all of them are used.
	async function checkInclusion(proof) {
		const { index, hashes, checkpoint } = proof;
		let node = index;
		let last = checkpoint.size - 1n;
		if (index > last)
			throw new haiki.Refusal("proof-wrong");
		let sum = await leafHash(proof.record);
		for (const sibling of hashes) {
			if (last === 0n)
				throw new haiki.Refusal("proof-wrong");
			if ((node & 1n) === 1n || node === last) {
				sum = await nodeHash(sibling, sum);
				while ((node & 1n) === 0n && node !== 0n) {
					node >>= 1n;
					last >>= 1n;
				}
			} else {
				sum = await nodeHash(sum, sibling);
			}
			node >>= 1n;
			last >>= 1n;
		}
		if (last !== 0n || !haiki.equal(sum, checkpoint.root))
			throw new haiki.Refusal("proof-wrong");
	}

	// The head is signed by this key, and is one of the ledger that bears its name.
	async function checkCheckpoint(checkpoint, keyText) {
		const key = await parseKey(keyText);
		const mine = checkpoint.signatures.filter(
			(signature) => signature.name === key.name && haiki.equal(signature.id, key.id));
		if (mine.length === 0)
			throw new haiki.Refusal("note-unsigned", key.name);
		const algorithm = { name: "Ed25519" };
		for (const signature of mine) {
			if (!await haiki.verify("raw", key.bytes, algorithm, algorithm, signature.value,
				haiki.toBytes(checkpoint.text)))
				throw new haiki.Refusal("note-broken", key.name);
		}
		if (checkpoint.origin !== key.name)
			throw new haiki.Refusal("checkpoint-origin", checkpoint.origin);
	}

	return { parse, checkInclusion, checkCheckpoint };
})();
