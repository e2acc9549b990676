// SPDX-License-Identifier: GPL-3.0-or-later
/* The page of a certificate: it carries the files that it shows, and checks them when it is opened. */
"use strict";

(async () => {
	const place = document.getElementById("checks");
	const carried = JSON.parse(document.getElementById("carried").textContent);
	const bytes = (text) => text === "" ? null : haiki.fromBase64(text, "document-malformed");
	const page = {
		anchors: haiki.site.anchors.map((text) => haiki.fromBase64(text, "key-malformed")),
		ledgerKey: haiki.site.ledgerKey,
		digests: new Map([[carried.name, carried.sha256]]),
	};
	const facts = [...document.querySelectorAll("[data-fact]")].map(
		(element) => [element.dataset.fact, element.dataset.value ?? element.textContent]);
	// Of the certificate that it shows, the page itself says what takes its place.
	const later = document.querySelector("[data-later]")?.dataset.later ?? "";
	haiki.drop.start({ ...page, superseded: new Map([[carried.name, later]]) });
	const lines = await haiki.check.certificate({ ...page, facts,
		json: bytes(carried.json), p7s: bytes(carried.p7s), proof: bytes(carried.proof) });
	const heading = document.querySelector("h1");
	haiki.view.showChecks(place, lines, heading.classList.contains("good"));
	// What fails its checks does not stand there as proven.
	if (haiki.check.worst(lines) === "failed") {
		heading.classList.replace("good", "bad");
		heading.querySelector(".sign").replaceChildren("✕ ", haiki.view.both(haiki.words.distrusted));
	}
})();
