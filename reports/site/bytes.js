// SPDX-License-Identifier: GPL-3.0-or-later
/* Bytes and text for the checks: base64, hexadecimal, strict UTF-8, SHA-256; and the two ways in which a
 * check can end without having passed. */
"use strict";

const haiki = {};

// What was looked at is wrong. code: a stable word; detail: what exactly, for people who look closer.
haiki.Refusal = class extends Error {
	constructor(code, detail = "") {
		super(code);
		this.code = code;
		this.detail = detail;
	}
};

// This browser, or these files, do not allow the check. Never the same as having passed.
haiki.Unable = class extends haiki.Refusal {};

haiki.fromBase64 = (text, code) => {
	let characters;
	try {
		characters = atob(text);
	} catch {
		throw new haiki.Refusal(code);
	}
	// One spelling only: no blanks, no missing padding, no stray bits.
	if (btoa(characters) !== text)
		throw new haiki.Refusal(code);
	return Uint8Array.from(characters, (character) => character.charCodeAt(0));
};

haiki.toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

haiki.equal = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

haiki.concat = (...parts) => {
	const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
};

haiki.toText = (bytes, code) => {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		throw new haiki.Refusal(code);
	}
};

haiki.toBytes = (text) => new TextEncoder().encode(text);

haiki.subtle = () => {
	const subtle = globalThis.crypto && globalThis.crypto.subtle;
	if (!subtle)
		throw new haiki.Unable("no-webcrypto");
	return subtle;
};

haiki.sha256 = async (bytes) => new Uint8Array(await haiki.subtle().digest("SHA-256", bytes));

// Does the signature hold? A browser that does not know the algorithm says so by an exception of its own.
haiki.verify = async (format, key, importing, verifying, signature, data) => {
	const subtle = haiki.subtle();
	let imported;
	try {
		imported = await subtle.importKey(format, key, importing, false, ["verify"]);
	} catch (error) {
		throw error.name === "NotSupportedError" || error.name === "SyntaxError" ||
			error.name === "TypeError"
			? new haiki.Unable("algorithm-unknown", importing.name)
			: new haiki.Refusal("key-malformed");
	}
	return subtle.verify(verifying, imported, signature, data);
};

// Characters that are not seen, or that turn the direction of others around, are shown by their number.
haiki.visible = (text) => text.replace(
	/[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu,
	(character) => "⟨U+" + character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0") + "⟩");
