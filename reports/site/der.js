// SPDX-License-Identifier: GPL-3.0-or-later
/* A small reader of DER (X.690): one element after another, in the one spelling that DER allows. What
 * signatures and certificates are made of. */
"use strict";

haiki.der = (() => {
	const bad = () => new haiki.Refusal("signature-malformed");

	// Read the element at an offset of bytes: its tag octet, all of it, and its contents.
	function element(bytes, at) {
		if (at + 2 > bytes.length)
			throw bad();
		const tag = bytes[at];
		let length = bytes[at + 1];
		let begin = at + 2;
		if ((tag & 0x1f) === 0x1f)
			throw bad();
		if (length >= 0x80) {
			const octets = length & 0x7f;
			if (octets === 0 || octets > 4 || begin + octets > bytes.length || bytes[begin] === 0)
				throw bad();
			length = 0;
			for (let i = 0; i < octets; i++)
				length = length * 256 + bytes[begin + i];
			if (length < 0x80)
				throw bad();
			begin += octets;
		}
		if (begin + length > bytes.length)
			throw bad();
		return { tag, all: bytes.subarray(at, begin + length), content: bytes.subarray(begin, begin + length) };
	}

	function children(parent) {
		const list = [];
		for (let at = 0; at < parent.content.length;) {
			const child = element(parent.content, at);
			list.push(child);
			at += child.all.length;
		}
		return list;
	}

	// Exactly one element, nothing behind it.
	function whole(bytes, tag) {
		const one = element(bytes, 0);
		if (one.all.length !== bytes.length)
			throw bad();
		return expect(one, tag);
	}

	function expect(one, tag) {
		if (!one || one.tag !== tag)
			throw bad();
		return one;
	}

	// "1.2.840.113549.1.7.2"
	function oid(one) {
		const numbers = [];
		let number = 0;
		for (const octet of expect(one, 0x06).content) {
			number = number * 128 + (octet & 0x7f);
			if (number > Number.MAX_SAFE_INTEGER / 128)
				throw bad();
			if (octet & 0x80)
				continue;
			numbers.push(number);
			number = 0;
		}
		if (numbers.length === 0)
			throw bad();
		const first = Math.min(Math.floor(numbers[0] / 40), 2);
		return [first, numbers[0] - first * 40, ...numbers.slice(1)].join(".");
	}

	function bits(one) {
		expect(one, 0x03);
		if (one.content.length === 0 || one.content[0] > 7)
			throw bad();
		return one.content.subarray(1);
	}

	// UTCTime and GeneralizedTime, always in UTC with seconds (RFC 5280 4.1.2.5); milliseconds since 1970.
	function time(one) {
		let text = haiki.toText(one.content, "signature-malformed");
		if (one.tag === 0x17 && /^\d{12}Z$/.test(text))
			text = (text < "50" ? "20" : "19") + text;
		else if (one.tag !== 0x18)
			throw bad();
		const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
		if (!parts)
			throw bad();
		const [, year, month, day, hour, minute, second] = parts;
		const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
		if (Number.isNaN(at))
			throw bad();
		return at;
	}

	return { whole, children, expect, oid, bits, time, bad,
		SEQUENCE: 0x30, SET: 0x31, INTEGER: 0x02, OCTETS: 0x04, CONTEXT: 0xa0 };
})();
