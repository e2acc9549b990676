// SPDX-License-Identifier: GPL-3.0-or-later
/* Certificates that are dropped on the page or chosen by the button: NAME.json with NAME.p7s and NAME.proof, or
 * NAME.pdf. They are read here and go nowhere. */
"use strict";

haiki.drop = (() => {
	const { make, both, value } = haiki.view;
	const LIMIT = 32 * 1024 * 1024;

	const startsWith = (bytes, text) => haiki.equal(bytes.subarray(0, text.length), haiki.toBytes(text));

	// What a file is, its first bytes say; its name only which others it belongs to.
	function kindOf(bytes) {
		if (startsWith(bytes, "%PDF-"))
			return "pdf";
		if (startsWith(bytes, "c2sp.org/tlog-proof@"))
			return "proof";
		return bytes[0] === 0x30 ? "p7s" : "json";
	}

	// Its bytes, or why there are none.
	async function bytesOf(file) {
		if (file.size > LIMIT)
			return "file-too-large";
		try {
			return new Uint8Array(await file.arrayBuffer());
		} catch {
			return "file-unreadable"; // a folder, or taken away meanwhile
		}
	}

	async function read(files) {
		const bundles = new Map();
		for (const file of files) {
			const bytes = await bytesOf(file);
			if (typeof bytes === "string") {
				bundles.set(file.name, { name: file.name, why: bytes });
				continue;
			}
			const kind = kindOf(bytes);
			const stem = file.name.replace(/\.(json|p7s|proof|pdf)$/i, "");
			// One from a PDF stands alone: what lies beside it may be of another time.
			const key = kind === "pdf" ? file.name : stem;
			if (!bundles.has(key))
				bundles.set(key, { name: stem });
			Object.assign(bundles.get(key), kind === "pdf" ? await haiki.pdf.attachments(bytes) : { [kind]: bytes });
		}
		return [...bundles.values()];
	}

	const facts = (json) => {
		try {
			return JSON.parse(new TextDecoder().decode(json)) ?? {};
		} catch {
			return {};
		}
	};

	// A text of the document; "" for whatever else stands there.
	const textOf = (value) => typeof value === "string" ? value : "";

	async function show(bundle, page) {
		const place = make("div");
		const result = make("article", { class: "dropped" });
		if (!bundle.json) {
			const code = bundle.why ?? (bundle.unreadable ? "pdf-unreadable" : "no-document");
			result.append(make("h3", {}, value(bundle.name)),
				make("p", { class: "checked unable" }, both(haiki.words.why[code])));
			result.dataset.result = "unable";
			return result;
		}
		const lines = await haiki.check.certificate({ ...page, facts: null, json: bundle.json,
			p7s: bundle.p7s ?? null, proof: bundle.proof ?? null });
		const document = facts(bundle.json);
		const stated = textOf(document.verdict?.outcome ?? document.verdict?.stage);
		const name = textOf(document.name);
		haiki.view.showChecks(place, lines, stated === "proven" || stated === "closed");
		result.append(make("h3", {}, name ? value(name) : both(haiki.words.unnamed)));
		const outcome = Object.hasOwn(haiki.words.outcome, stated) ? haiki.words.outcome[stated] : null;
		// What it says of itself means something only when somebody known signed it, and nothing failed.
		const signed = ["signature", "chain"].every(
			(name) => lines.some((one) => one.name === name && one.result === "passed"));
		if (outcome && signed && haiki.check.worst(lines) !== "failed")
			result.append(make("p", { class: "says" }, both(outcome), " ",
				value(textOf(document.subject?.identity?.serial ?? document.contract?.number))));
		result.append(place);
		result.dataset.result = haiki.check.worst(lines);
		return result;
	}

	// page: what this page knows, as haiki.check.certificate takes it.
	function start(page) {
		const place = document.getElementById("dropped");
		const zone = document.getElementById("drop");
		const input = document.getElementById("files");
		async function take(files) {
			// What was said of others must not stand there while, or because, these cannot be looked at.
			place.replaceChildren();
			place.setAttribute("aria-busy", "true");
			const bundles = await read(files);
			const shown = [];
			for (const bundle of bundles)
				shown.push(await show(bundle, page));
			place.replaceChildren(...shown);
			place.removeAttribute("aria-busy");
			place.dataset.checked = String(Number(place.dataset.checked ?? 0) + 1);
		}
		input.addEventListener("change", () => take([...input.files]));
		for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
			document.addEventListener(name, (event) => {
				event.preventDefault();
				zone.classList.toggle("over", name === "dragenter" || name === "dragover");
				if (name === "drop" && event.dataTransfer.files.length > 0) {
					zone.scrollIntoView({ block: "start" });
					take([...event.dataTransfer.files]);
				}
			});
		}
	}

	return { start };
})();
