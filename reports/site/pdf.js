// SPDX-License-Identifier: GPL-3.0-or-later
/* The attachments of a certificate's PDF: the document, its signature and its proof. They are found by what they
 * are; the PDF's own signature and its pages are not checked here. */
"use strict";

haiki.pdf = (() => {
	const LIMIT = 32 * 1024 * 1024;

	// A byte for a character, so that places in the text are places in the file.
	const latin = (bytes) => {
		const parts = [];
		for (let at = 0; at < bytes.length; at += 32768)
			parts.push(String.fromCharCode(...bytes.subarray(at, at + 32768)));
		return parts.join("");
	};

	async function inflate(bytes) {
		const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
		const parts = [];
		let length = 0;
		for (const reader = stream.getReader(); ;) {
			const { done, value } = await reader.read();
			if (done)
				return haiki.concat(...parts);
			length += value.length;
			if (length > LIMIT)
				throw new haiki.Refusal("pdf-unreadable");
			parts.push(value);
		}
	}

	// Each stream of an embedded file (ISO 32000-2 7.11.4), unpacked.
	async function embedded(bytes) {
		const text = latin(bytes);
		const found = [];
		const objects = /\d+ \d+ obj\s*<<((?:(?!endobj|stream\r?\n)[^])*?)>>\s*stream\r?\n/g;
		for (let match; (match = objects.exec(text)) !== null;) {
			const length = /\/Length (\d+)(?! \d+ R)/.exec(match[1]);
			if (!/\/Type\s*\/EmbeddedFile\b/.test(match[1]) || !length)
				continue;
			const begin = match.index + match[0].length;
			const data = bytes.subarray(begin, begin + Number(length[1]));
			objects.lastIndex = begin + data.length;
			found.push(/\/FlateDecode\b/.test(match[1]) ? await inflate(data) : data);
		}
		return found;
	}

	function kindOf(bytes) {
		if (bytes[0] === 0x7b)
			return "json";
		return bytes[0] === 0x30 ? "p7s" : "proof";
	}

	// { json, p7s, proof }, or { unreadable: true }: also when there are two of a kind.
	async function attachments(bytes) {
		try {
			const found = {};
			for (const file of await embedded(bytes)) {
				if (kindOf(file) in found)
					return { unreadable: true };
				found[kindOf(file)] = file;
			}
			return found.json ? found : { unreadable: true };
		} catch {
			return { unreadable: true };
		}
	}

	return { attachments };
})();
