// SPDX-License-Identifier: GPL-3.0-or-later
/* Drawing: every text in both languages side by side, of which the style sheet shows one; the lines of a check.
 * Values go into the page as text only. */
"use strict";

haiki.view = (() => {
	const LANGUAGES = ["ja", "en"];

	function make(name, attributes = {}, ...children) {
		const element = document.createElement(name);
		for (const [key, value] of Object.entries(attributes))
			element.setAttribute(key, value);
		element.append(...children);
		return element;
	}

	// A value of others: kept apart from the direction of the text around it.
	const value = (text, name = "bdi") => make(name, { dir: "auto" }, haiki.visible(String(text)));

	// "… {name} …" with its values, as nodes.
	function fill(text, values) {
		return text.split(/(\{[a-z]+\})/).map((part) => {
			const key = /^\{([a-z]+)\}$/.exec(part)?.[1];
			return key !== undefined && key in values ? value(values[key]) : part;
		});
	}

	const both = (words, values = {}) => {
		const fragment = document.createDocumentFragment();
		for (const language of LANGUAGES)
			fragment.append(make("span", { lang: language }, ...fill(words[language], values)));
		return fragment;
	};

	function checkLine(line) {
		const words = haiki.words.check[line.name];
		const why = line.result === "passed" ? words.passed : haiki.words.why[line.code] ?? haiki.words.why.unexpected;
		const item = make("li", { class: "check " + line.result, "data-check": line.name,
			"data-result": line.result, "data-code": line.code },
		make("p", { class: "check-title" },
			make("strong", { class: "mark" }, both(haiki.words.result[line.result])),
			make("span", { class: "check-name" }, both(words.title))),
		make("p", { class: "check-text" }, both(why, line.values)));
		if (/^[0-9a-f]{64}$/.test(line.values.detail ?? ""))
			item.append(make("p", { class: "digest" }, "SHA-256 " + line.values.detail));
		return item;
	}

	// The verdict on all lines, then the lines; into an element that is announced when it changes.
	// A genuine record of what was not proven is no good news, and does not look like it.
	function showChecks(place, lines, proven) {
		const result = haiki.check.worst(lines);
		const told = result === "passed" && !proven ? "genuine" : result;
		place.replaceChildren(
			make("p", { class: "checked " + told }, both(haiki.words.verdict[told])),
			make("ul", { class: "checks" }, ...lines.map(checkLine)));
		place.dataset.result = result;
	}

	function setLanguage(language) {
		const root = document.documentElement;
		root.lang = language;
		root.dataset.language = language;
		if (root.dataset["title" + language])
			document.title = root.dataset["title" + language];
		for (const button of document.querySelectorAll("[data-choose]"))
			button.setAttribute("aria-pressed", String(button.dataset.choose === language));
	}

	// A browser that keeps nothing for pages of a folder asks again on the next page.
	function startLanguage() {
		let kept = null;
		try {
			kept = localStorage.getItem("haiki-language");
		} catch {
			// nothing is kept
		}
		const own = (navigator.language ?? "").startsWith("ja") ? "ja" : "en";
		setLanguage(LANGUAGES.includes(kept) ? kept : own);
		for (const button of document.querySelectorAll("[data-choose]")) {
			button.addEventListener("click", () => {
				setLanguage(button.dataset.choose);
				try {
					localStorage.setItem("haiki-language", button.dataset.choose);
				} catch {
					// it holds for this page
				}
			});
		}
	}

	return { make, value, both, showChecks, startLanguage };
})();

haiki.view.startLanguage();
