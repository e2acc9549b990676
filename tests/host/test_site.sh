#!/bin/bash
# The site of certificates, in a real browser and from files alone: what is good passes, each forgery is refused
# by a name of its own, nothing is asked of any network, and nothing of a hold or of another tenant is in it.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/browser.sh"
share_browser

# ---- certificates ----

# One drive, truly erased: FILE is its certificate, NAME its name.
one_wiped() {
	local device
	[ -e "$STATE/keys" ] || make_keys
	make_drive device $MIB
	wipe "$device" --ticket T-1 --operator "A. Person"
	assert_exit 0
	FILE=$(certificate_of)
	NAME=$(basename "$FILE" .json)
}

# sign FILE [FOLDER]: as haiki would, by the keys in a folder.
sign() {
	local keys=${2:-$STATE/keys}
	openssl cms -sign -binary -cades -nosmimecap -md sha256 -outform DER -in "$1" -out "${1%.json}.p7s" \
		-signer "$keys/signer.crt" -inkey "$keys/signer.key" -certfile "$keys/ca.crt"
}

# enter_like ID FILTER: one more genuine certificate in store and folder, of a job with this ID, made from FILE by
# a jq filter. The program then sees a store that was tampered with: only the site is made of it afterwards.
enter_like() {
	local name file
	name=$(name_like "$1")
	file=$STATE/certificates/$name.json
	jq --compact-output --sort-keys --join-output --arg name "$name" --arg job "J20261123-$1" \
		".name = \$name | .job.id = \$job | $2" "$FILE" >"$file"
	sign "$file"
	sqlite3 "$STATE/haiki.db" "INSERT INTO certificate
		SELECT '$name', job_id, (SELECT max(number) + 1 FROM certificate), issued_utc_ms, evidence_count,
			'$(jq --raw-output .verdict.outcome "$file")', '$(sha256sum <"$file" | cut -d ' ' -f 1)',
			CAST(readfile('$file') AS TEXT), lower(hex(readfile('${file%.json}.p7s')))
		FROM certificate LIMIT 1"
}

name_like() {
	echo "haiki-J20261123-$1-${NAME##*-}"
}

# The serial is said again in the evidence.
with_serial() {
	jq --null-input --raw-output --arg new "$1" \
		'"(.subject.identity.serial as $old | walk(if . == $old then \($new | tojson) else . end))"'
}

write_site() {
	run_haiki report site "$CASE/site" --json "$@"
	assert_exit 0
}

page_of() {
	echo "file://$CASE/site/c/$1.html"
}

open_certificate() {
	open_page "$(page_of "$1")"
	eventually 'document.getElementById("checks").dataset.result !== undefined'
}

open_list() {
	open_page "file://$CASE/site/index.html"
	eventually 'document.getElementById("rows").dataset.found !== undefined'
}

# What a check says: "passed", or "failed CODE".
assert_check() {
	local place=$1 name=$2 expected=$3
	assert_same "$expected" "$(script "const line = document.querySelector('$place [data-check=$name]');
		return line ? (line.dataset.result + ' ' + line.dataset.code).trim() : 'no such line'" | jq --raw-output .)" \
		"$name"
}

# ---- a good one ----

good() {
	local check
	one_wiped
	write_site
	assert_json '.certificates == 1 and .proven == 1 and .not_proven == 0 and .withheld == 0'
	cmp "$FILE" "$CASE/site/certificates/$NAME.json"
	use_browser "file://$CASE/site/index.html"
	open_certificate "$NAME"
	for check in digest signature chain record inclusion checkpoint page; do
		assert_check "#checks" $check passed
	done
	assert_page 'document.getElementById("checks").dataset.result === "passed"'
	assert_page 'document.querySelector("h1.good") !== null'
	open_list
	assert_page 'document.querySelectorAll("#rows tr").length === 1'
	click '#rows a'
	eventually 'document.getElementById("checks")?.dataset.result === "passed"'
	assert_quiet
}
check "a good certificate passes every check of its page" good

# ---- forgeries ----

# flip FILE OFFSET: one bit, at an offset from the end.
flip() {
	perl -e 'open my $f, "+<", $ARGV[0] or die; binmode $f; seek $f, -$ARGV[1], 2; read $f, my $b, 1;
		seek $f, -$ARGV[1], 2; print $f chr(ord($b) ^ 1)' "$1" "$2"
}

# proof_with FILTER: the proof of the certificate with its record changed by a jq filter.
record_with() {
	local file=$1 record
	record=$(sed -n 's/^extra //p' "$file" | base64 --decode | jq --compact-output --sort-keys --join-output "$2" | base64 -w 0)
	sed -i "s|^extra .*|extra $record|" "$file"
}

# The head of the ledger with one leaf more, or signed by another key of the same name.
sign_head() {
	local file=$1 name key_id public
	openssl genpkey -algorithm ed25519 -out "$CASE/other.key" 2>/dev/null
	public=$(openssl pkey -in "$CASE/other.key" -pubout -outform DER | tail -c 32 | base64 -w 0)
	name=$(sed -n 's/^— \([^ ]*\) .*/\1/p' "$file")
	sed -n '/^$/,$p' "$file" | sed '1d' | sed '/^$/,$d' >"$CASE/head"
	openssl pkeyutl -sign -rawin -inkey "$CASE/other.key" -in "$CASE/head" -out "$CASE/head.signature"
	key_id=$({ printf '%s\n\1' "$name" && base64 --decode <<<"$public"; } | sha256sum | head -c 8)
	sed -i '/^— /d' "$file"
	echo "— $name $({ printf '%b' "$(sed 's/../\\x&/g' <<<"${1:+$key_id}")" && cat "$CASE/head.signature"; } | base64 -w 0)" >>"$file"
}

make_other_ca() {
	mkdir "$CASE/other"
	(
		cd "$CASE/other"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt \
			-subj "/O=Test organisation/CN=haiki CA" -days 30 -addext "keyUsage=critical,keyCertSign,cRLSign"
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout signer.key -out signer.csr -subj "/CN=haiki signer"
		openssl x509 -req -in signer.csr -CA ca.crt -CAkey ca.key -days 30 -out signer.crt \
			-extfile <(echo "keyUsage=critical,digitalSignature")
	) 2>/dev/null
}

# Certificates of the right CA that were given for something else: to a witness, to a server.
make_others_of_the_ca() {
	local keys=$STATE/keys
	mkdir "$CASE/witness" "$CASE/server"
	echo "of W" >"$CASE/pass"
	chmod 600 "$CASE/pass"
	run_haiki report key person "W. Person" --role witness --out "$CASE/w" --passphrase "$CASE/pass"
	assert_exit 0
	(
		cp "$keys/ca.crt" "$CASE/witness"
		cp "$keys/ca.crt" "$CASE/server"
		openssl pkey -in "$CASE/w/person.key" -passin "file:$CASE/pass" -out "$CASE/witness/signer.key"
		cp "$CASE/w/person.crt" "$CASE/witness/signer.crt"
		cd "$CASE/server"
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout signer.key -out signer.csr -subj "/CN=server"
		openssl x509 -req -in signer.csr -CA "$keys/ca.crt" -CAkey "$keys/ca.key" -days 30 -out signer.crt \
			-extfile <(printf '%s\n' "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" \
				"extendedKeyUsage=serverAuth,clientAuth")
	) 2>/dev/null
}

# Change the three files in $CASE/dropped as the word says.
forge() {
	local base=$CASE/dropped/$NAME
	case $1 in
	json) sed -i 's/"ticket":"T-1"/"ticket":"T-2"/' "$base.json" ;;
	outcome) sed -i 's/"level":"clear","outcome":"proven"/"level":"clear","outcome":"failed"/' "$base.json" ;;
	p7s-value) flip "$base.p7s" 1 ;;
	p7s-cut) truncate --size=-1 "$base.p7s" ;;
	p7s-of-another) cp "$CASE/site/certificates/$OTHER.p7s" "$base.p7s" ;;
	p7s-by-another) sign "$base.json" "$CASE/other" ;;
	p7s-by-witness) sign "$base.json" "$CASE/witness" ;;
	p7s-by-server) sign "$base.json" "$CASE/server" ;;
	p7s-missing) rm "$base.p7s" ;;
	proof-of-another) cp "$CASE/site/certificates/$OTHER.proof" "$base.proof" ;;
	proof-hash) perl -pi -e 'if (/^index/) { $n = 1 } elsif ($n) { s/^./$& eq "A" ? "B" : "A"/e; $n = 0 }' "$base.proof" ;;
	proof-index) sed -i 's/^index .*/index 0/' "$base.proof" ;;
	proof-missing) rm "$base.proof" ;;
	record) record_with "$base.proof" '.salt = "00000000000000000000000000000000"' ;;
	record-other) record_with "$base.proof" '.body.outcome = "failed"' ;;
	head-size) perl -0pi -e 's/(\n\n[^\n]+\n)(\d+)\n/$1 . ($2 + 1) . "\n"/e' "$base.proof" ;;
	head-signature) perl -pi -e 's/^(— \S+ .{20})(.)/$1 . ($2 eq "A" ? "B" : "A")/e if s/\xe2\x80\x94/—/ || 1' "$base.proof" ;;
	head-by-another) sign_head "$base.proof" ;;
	esac
}

# The files as chosen by the button; waited for by the page's own count.
choose() {
	local before
	before=$(script 'return document.getElementById("dropped").dataset.checked ?? "0"' | jq --raw-output .)
	script 'document.getElementById("files").value = ""' >/dev/null
	command_browser POST "$(element '#files')/value" "$(printf '%s\n' "$@" | jq --raw-input --slurp '{ text: rtrimstr("\n") }')" >/dev/null
	eventually "document.getElementById('dropped').dataset.checked === '$((before + 1))'"
}

# KIND, the verdict, and the lines that are not passed.
FORGERIES='
none             passed
json             failed digest:digest-differs signature:signature-wrong-content record:record-differs
outcome          failed digest:digest-differs signature:signature-wrong-content record:record-differs
p7s-value        failed signature:signature-broken
p7s-cut          failed signature:signature-malformed chain:signature-malformed
p7s-of-another   failed signature:signature-wrong-content
p7s-by-another   failed chain:signature-wrong-signer
p7s-by-witness   failed chain:signer-not-allowed
p7s-by-server    failed chain:signer-not-allowed
p7s-missing      unable signature:no-signature-file chain:no-signature-file
proof-of-another failed record:record-of-another
proof-hash       failed inclusion:proof-wrong
proof-index      failed record:record-index inclusion:proof-wrong
proof-missing    unable record:no-proof-file inclusion:no-proof-file checkpoint:no-proof-file
record           failed inclusion:proof-wrong
record-other     failed record:record-differs inclusion:proof-wrong
head-size        failed inclusion:proof-wrong checkpoint:note-broken
head-signature   failed checkpoint:note-broken
head-by-another  failed checkpoint:note-unsigned
'

forgeries() {
	local kind verdict lines found expected
	one_wiped
	OTHER=$NAME
	one_wiped
	write_site
	make_other_ca
	make_others_of_the_ca
	use_browser "file://$CASE/site/index.html"
	open_certificate "$NAME"
	while read -r kind verdict lines; do
		[ -n "$kind" ] || continue
		rm -rf "$CASE/dropped"
		mkdir "$CASE/dropped"
		cp "$CASE/site/certificates/$NAME".{json,p7s,proof} "$CASE/dropped"
		forge "$kind"
		choose "$CASE/dropped"/*
		found=$(script 'return document.querySelector(".dropped").dataset.result + " " +
			[...document.querySelectorAll(".dropped [data-check]")].filter((line) => line.dataset.result !== "passed")
				.map((line) => line.dataset.check + ":" + line.dataset.code).join(" ")' | jq --raw-output .)
		expected="$verdict $lines"
		assert_same "$expected" "$found" "$kind"
		# A page that says "failed" does not say "erased" beside it.
		[ "$verdict" != failed ] || assert_page 'document.querySelector(".dropped .says") === null'
	done <<<"$FORGERIES"
	assert_quiet
}
check "each forgery is refused by its own name" forgeries

# ---- the page itself ----

# altered PERL: the page after a change of its own HTML.
altered() {
	cp "$CASE/page" "$CASE/site/c/$NAME.html"
	perl -0pi -e "$1" "$CASE/site/c/$NAME.html"
	cmp --silent "$CASE/page" "$CASE/site/c/$NAME.html" && fail "nothing was changed: $1"
	open_certificate "$NAME"
}

altered_page() {
	local page
	one_wiped
	write_site
	page=$CASE/site/c/$NAME.html
	cp "$page" "$CASE/page"
	use_browser "file://$CASE/site/index.html"
	altered 's/(data-fact="subject.identity.serial">)/$1X/'
	assert_check "#checks" page "failed page-differs"
	assert_page 'document.getElementById("checks").dataset.result === "failed"'
	# What fails does not stand there as proven.
	assert_page 'document.querySelector("h1.good") === null && document.querySelector("h1").innerText.includes("Not to be relied on")'
	altered 's/("json":".{200})(.)/$1 . ($2 eq "A" ? "B" : "A")/e'
	assert_page 'document.getElementById("checks").dataset.result === "failed"'
	# A script in the page, or from elsewhere, does not run.
	altered 's#</main>#</main><script>document.title = "taken"</script><script src="https://example.invalid/x.js"></script>#'
	assert_page 'document.title !== "taken"'
	browser_log browser | grep -q 'Content Security Policy' || fail "the policy did not speak"
}
check "a page that was altered says so, and runs no script of others" altered_page

# A browser that does not know Ed25519, and one without WebCrypto, say so; neither says "passed".
old_browsers() {
	one_wiped
	write_site
	start_browser
	command_browser POST /goog/cdp/execute "$(jq --null-input '{ cmd: "Page.addScriptToEvaluateOnNewDocument", params: { source: "
		const known = SubtleCrypto.prototype.importKey;
		SubtleCrypto.prototype.importKey = function (format, key, algorithm, ...others) {
			if (algorithm.name === \"Ed25519\")
				return Promise.reject(new DOMException(\"unknown\", \"NotSupportedError\"));
			return known.call(this, format, key, algorithm, ...others);
		};" } }')" >/dev/null
	open_certificate "$NAME"
	assert_check "#checks" checkpoint "unable algorithm-unknown"
	assert_check "#checks" signature passed
	assert_page 'document.getElementById("checks").dataset.result === "unable"'
	command_browser POST /goog/cdp/execute '{"cmd":"Page.addScriptToEvaluateOnNewDocument","params":{"source":
		"Object.defineProperty(Crypto.prototype, \"subtle\", { get: () => undefined });"}}' >/dev/null
	open_certificate "$NAME"
	assert_page 'document.querySelectorAll("#checks [data-check]").length === 7'
	assert_page '[...document.querySelectorAll("#checks [data-result=passed]")].map((line) => line.dataset.check).join() === "page"'
	assert_page 'document.getElementById("checks").dataset.result === "unable"'
	# Long after: the signer is out of date, and no time stamp says that it signed before.
	start_browser
	command_browser POST /goog/cdp/execute '{"cmd":"Page.addScriptToEvaluateOnNewDocument","params":{"source":
		"Date.now = () => Date.UTC(2040, 1, 1);"}}' >/dev/null
	open_certificate "$NAME"
	assert_check "#checks" signature passed
	assert_check "#checks" chain "failed signer-expired"
}
check "what a browser cannot check is never passed" old_browsers

# ---- a second person ----

second_person() {
	one_wiped
	echo "of B" >"$CASE/pass"
	chmod 600 "$CASE/pass"
	run_haiki report key person "B. Person" --title Manager --role approver --out "$CASE/person" --passphrase "$CASE/pass"
	assert_exit 0
	run_haiki report sign "$NAME" --role approver --key "$CASE/person" --passphrase "$CASE/pass"
	assert_exit 0
	write_site
	use_browser "file://$CASE/site/index.html"
	open_certificate "$NAME"
	assert_check "#checks" second passed
	assert_page 'document.querySelector("[data-check=second]").innerText.includes("B. Person")'
	assert_page 'document.getElementById("checks").dataset.result === "passed"'
	# The second signature alone is broken: the issuer's stands, the whole does not.
	mkdir "$CASE/dropped"
	cp "$CASE/site/certificates/$NAME".{json,p7s,proof} "$CASE/dropped"
	perl -0777 -pi -e 's/(urn:haiki:role:)approver/$1approves/' "$CASE/dropped/$NAME.p7s"
	choose "$CASE/dropped"/*
	assert_page 'document.querySelector(".dropped").dataset.result === "failed"'
	assert_quiet
}
check "a second person's signature has its own line" second_person

# ---- dropped ----

dropped() {
	one_wiped
	write_site
	use_browser "file://$CASE/site/index.html"
	open_list
	script "const files = new DataTransfer();
		for (const [name, text] of Object.entries(JSON.parse(arguments[0])))
			files.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
		document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true }))" \
		"$(for file in "$STATE/certificates/$NAME".{json,p7s,proof}; do
			jq --null-input --arg name "${file##*/}" --arg text "$(base64 -w 0 "$file")" '{ ($name): $text }'
		done | jq --slurp add)" >/dev/null
	eventually 'document.getElementById("dropped").dataset.checked === "1"'
	assert_page 'document.querySelector(".dropped").dataset.result === "passed"'
	assert_check .dropped digest passed
	# No certificate at all.
	echo "hello" >"$CASE/hello.txt"
	choose "$CASE/hello.txt"
	assert_page 'document.querySelector(".dropped").dataset.result === "failed"'
	# What breaks the page does not leave the word on another certificate standing.
	local text
	for text in null '{"verdict":{"outcome":"constructor"}}' '{"name":"x","verdict":{"outcome":"__proto__"}}' \
		'{"verdict":null,"subject":{"identity":null}}' '[]' '{"name":{"toString":0},"verdict":{"outcome":"proven"}}'; do
		choose "$STATE/certificates/$NAME".{json,p7s,proof}
		assert_page 'document.querySelector(".dropped").dataset.result === "passed"'
		printf '%s' "$text" >"$CASE/odd.json"
		choose "$CASE/odd.json"
		assert_page 'document.querySelectorAll(".dropped").length === 1'
		assert_page '["failed", "unable"].includes(document.querySelector(".dropped").dataset.result)'
		assert_page '!document.getElementById("dropped").innerText.includes("proven")'
	done
	printf '%%PDF-1.7\nnothing' >"$CASE/nothing.pdf"
	choose "$CASE/nothing.pdf"
	assert_page 'document.querySelector(".dropped").dataset.result === "unable"'
	assert_quiet
}
check "a certificate dropped on the list is checked" dropped

# The three files out of a PDF, which haiki made where it does so already; else with attachments by qpdf.
dropped_pdf() {
	local pdf
	need qpdf
	one_wiped
	pdf=$STATE/certificates/$NAME.pdf
	if [ ! -e "$pdf" ]; then
		qpdf --empty --add-attachment "$FILE" -- --add-attachment "${FILE%.json}.p7s" -- \
			--add-attachment "${FILE%.json}.proof" -- "$pdf.made"
		pdf=$pdf.made
	fi
	cp "$pdf" "$CASE/whole.pdf"
	write_site
	use_browser "file://$CASE/site/index.html"
	open_list
	choose "$CASE/whole.pdf"
	assert_same '"passed"' "$(script 'return document.querySelector(".dropped").dataset.result')"
	assert_check .dropped signature passed
	assert_check .dropped checkpoint passed
	# Another document within: by qpdf, which leaves the rest as it is.
	sed 's/"T-1"/"T-2"/' "$FILE" >"$CASE/$NAME.json"
	qpdf --replace-input --remove-attachment="$NAME.json" "$CASE/whole.pdf" 2>/dev/null || true
	qpdf --replace-input --add-attachment "$CASE/$NAME.json" -- "$CASE/whole.pdf" 2>/dev/null || true
	choose "$CASE/whole.pdf"
	assert_check .dropped signature "failed signature-wrong-content"
	assert_quiet
}
check "the attachments of a dropped PDF are checked" dropped_pdf

# ---- people ----

focus() {
	script 'const at = document.activeElement; const shown = at.id === "files" ? at.parentElement : at;
		return [at.id || at.dataset.choose || at.dataset.only || at.className || at.tagName,
			getComputedStyle(shown).outlineStyle === "solid" && parseFloat(getComputedStyle(shown).outlineWidth) >= 2 ? "seen" : "unseen"]
			.join(" ")' | jq --raw-output .
}

by_keyboard() {
	local stop
	one_wiped
	write_site
	use_browser "file://$CASE/site/index.html"
	open_list
	for stop in skip ja en search all exceptions proven; do
		press Tab
		assert_same "$stop seen" "$(focus)"
	done
	press Tab Enter
	eventually 'document.getElementById("checks")?.dataset.result === "passed"'
	for stop in skip ja; do
		press Tab
		assert_same "$stop seen" "$(focus)"
	done
	press Space
	assert_page 'document.documentElement.lang === "ja"'
	# Everything that can be used is reached, and back again.
	assert_page '[...document.querySelectorAll("a, button, input")].every((one) => one.tabIndex === 0)'
	press Tab Tab ShiftTab
	assert_same "en seen" "$(focus)"
}
check "the keyboard is enough, and the focus is seen" by_keyboard

# One page for every language of the interface; it is remembered on the next.
languages() {
	one_wiped
	write_site
	start_browser ja
	open_list
	assert_page 'document.documentElement.lang === "ja"'
	assert_page 'document.querySelector("h1").innerText === "データ消去証明書"'
	click '[data-choose=en]'
	assert_page 'document.querySelector("h1").innerText === "Certificates of data erasure" && document.title.startsWith("Certificates")'
	open_certificate "$NAME"
	assert_page 'document.documentElement.lang === "en" && document.querySelector("h1").innerText.includes("ERASED, PROVEN")'
	# Every text is there in both.
	assert_page 'document.querySelectorAll("span[lang=ja]").length === document.querySelectorAll("span[lang=en]").length'
}
check "Japanese and English without loading the page again" languages

# Contrast of every text with what lies behind it (WCAG 2.1, 1.4.3), landmarks, names.
# shellcheck disable=SC2016 # JavaScript
READABLE='
	const channel = (value) => value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
	const light = (rgb) => 0.2126 * channel(rgb[0]) + 0.7152 * channel(rgb[1]) + 0.0722 * channel(rgb[2]);
	const rgb = (text) => text.match(/[\d.]+/g).map(Number);
	const behind = (one) => { for (let at = one; at; at = at.parentElement) {
		const found = rgb(getComputedStyle(at).backgroundColor);
		if (found.length === 3 || found[3] > 0) return found; } return [255, 255, 255]; };
	const wrong = [];
	for (const one of document.querySelectorAll("body *")) {
		if (![...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) || !one.checkVisibility() || one.tagName === "SCRIPT" || one.closest(":disabled")) continue;
		const [a, b] = [light(rgb(getComputedStyle(one).color)), light(behind(one))].sort((x, y) => y - x);
		if ((a + 0.05) / (b + 0.05) < 4.5) wrong.push("contrast: " + one.innerText.slice(0, 40));
	}
	for (const name of ["header", "main", "footer", "h1"])
		if (document.querySelectorAll(name).length !== 1) wrong.push("not one " + name);
	for (const one of document.querySelectorAll("button, a, section, nav"))
		if (!(one.innerText.trim() || one.getAttribute("aria-label") || one.getAttribute("aria-labelledby"))) wrong.push("no name: " + one.outerHTML.slice(0, 60));
	for (const one of document.querySelectorAll("[aria-labelledby], [aria-describedby]"))
		for (const id of (one.getAttribute("aria-labelledby") ?? one.getAttribute("aria-describedby")).split(" "))
			if (!document.getElementById(id)) wrong.push("no element " + id);
	if (document.documentElement.scrollWidth > innerWidth) wrong.push("wider than the window: " + document.documentElement.scrollWidth);
	return wrong.join("; ")'

assert_readable() {
	assert_same '""' "$(script "$READABLE")" "$1"
}

HOSTILE=$'<script>alert("1")</script>\'&amp; \u202Egnp.\u202C'
LONG=$(printf 'S%.0s' {1..60})

readable() {
	local width
	one_wiped
	enter_like HST111 "$(with_serial "$HOSTILE")"
	enter_like WNG111 "$(with_serial "$LONG") | .subject.tenant = \"$LONG\""
	write_site
	use_browser "file://$CASE/site/index.html"
	for width in 390 1200; do
		resize $width 800
		open_list
		assert_readable "list at $width"
		screenshot "list-$width"
		for name in "$NAME" "$(name_like HST111)" "$(name_like WNG111)"; do
			open_certificate "$name"
			assert_readable "$name at $width"
			screenshot "${name:16:6}-$width"
		done
		forge_shown
	done
	assert_quiet
}
# A failed verdict and its lines, too.
forge_shown() {
	cp "$FILE" "$CASE/altered.json"
	sed -i 's/"T-1"/"T-2"/' "$CASE/altered.json"
	choose "$CASE/altered.json"
	assert_readable "a forgery"
	screenshot forgery
}
# On paper: what it says and what was checked, and nothing to press.
printed() {
	need pdftotext
	one_wiped
	write_site
	use_browser "file://$CASE/site/index.html"
	open_certificate "$NAME"
	print_page "$CASE/printed.pdf"
	pdftotext -layout "$CASE/printed.pdf" "$CASE/printed"
	for word in "ERASED, PROVEN" "$NAME" "Signature of the ledger" "What was not checked here"; do
		grep -qF "$word" "$CASE/printed" || fail "not on paper: $word"
	done
	! grep -qF -e "Choose files" -e "日本語" "$CASE/printed" || fail "there is something to press"
}
check "a page prints as a document" printed

check "readable on a phone and on a screen: width, contrast, landmarks" readable

hostile() {
	local file
	one_wiped
	enter_like HST111 "$(with_serial "$HOSTILE") | .subject.tenant = \"</script><img src=x onerror=alert(1)>\" | .reason.ticket = \"\\u202e\\\"><b>\""
	write_site
	# Nothing of it stands as markup in any file that a browser reads.
	for file in "$CASE"/site/index.html "$CASE"/site/c/*.html "$CASE"/site/list/*.js; do
		! grep -qF -e '<script>alert' -e '<img' -e '<b>' -e $'\u202e' "$file" || fail "markup in $file"
	done
	use_browser "file://$CASE/site/index.html"
	open_list
	assert_page 'document.querySelector("[data-name*=HST111] a").innerText.includes("<script>alert(\"1\")</script>")'
	assert_page 'document.querySelector("[data-name*=HST111] a").innerText.includes("⟨U+202E⟩gnp.⟨U+202C⟩")'
	assert_page 'document.querySelectorAll("img, b").length === 0'
	open_certificate "$(name_like HST111)"
	# What is seen is what was signed, by the same rule in both places.
	assert_check "#checks" page passed
	assert_check "#checks" signature passed
	assert_page 'document.querySelectorAll("img, b").length === 0'
	assert_page 'document.querySelectorAll("script:not([src])").length === 1'
	assert_quiet
}
check "hostile serials, tenants and tickets stay text" hostile

# ---- the list ----

# Ten thousand entries, as list.c spells them.
clear_search() {
	script 'const search = document.getElementById("search"); search.value = ""; search.dispatchEvent(new Event("input"))' >/dev/null
}
many() {
	one_wiped
	write_site
	perl -e 'for $file (0 .. 9) { open my $f, ">", sprintf("%s/list/%06d.js", $ARGV[0], $file) or die;
		print $f "haiki.entries.push(["; print $f join ",", map { my $n = $file * 1000 + $_;
			my ($outcome, $good) = $n < 20 ? ("failed", 0) : ("proven", 1);
			sprintf q(["c%d","SN%06d","MODEL-%d","city-%d","%s","2026-%02d-15T03:00:00.000Z","","%064d",%d]), $n, $n, $n % 7, $n % 200, $outcome, 1 + $n % 12, $n, $good } 0 .. 999;
		print $f "]);\n" }' "$CASE/site"
	perl -0pi -e 's#(<script src="list/)000000(.js"></script>)#join "\n", map { $1 . sprintf("%06d", $_) . $2 } 0 .. 9#e' "$CASE/site/index.html"
	use_browser "file://$CASE/site/index.html"
	open_list
	assert_page 'document.getElementById("rows").dataset.found === "10000" && document.querySelectorAll("#rows tr").length === 50'
	assert_page 'document.querySelector("#rows tr").dataset.name === "c0"'
	type_into '#search' 'SN009999'
	eventually 'document.getElementById("rows").dataset.found === "1"'
	assert_page 'document.querySelector("#rows tr").dataset.name === "c9999"'
	clear_search
	type_into '#search' 'ＣＩＴＹ－７ model-0'
	eventually 'Number(document.getElementById("rows").dataset.found) > 0 && Number(document.getElementById("rows").dataset.found) < 300'
	clear_search
	click '[data-only=exceptions]'
	assert_page 'document.getElementById("rows").dataset.found === "20"'
	click '[data-only=all]'
	click '#next'
	assert_page 'document.querySelector("#rows tr").dataset.name === "c50" && document.querySelector("#page").innerText.includes("2 of 200")'
	# The way back finds the place again.
	command_browser POST /refresh '{}' >/dev/null
	eventually 'document.querySelector("#rows tr")?.dataset.name === "c50"'
	assert_quiet
}
check "ten thousand certificates: searched, filtered, a page at a time" many

# ---- what is in it ----

started_step() {
	[ "$(sqlite3 "$STATE/haiki.db" "SELECT count(*) FROM evidence WHERE kind = 'started'")" -gt 0 ]
}

exceptions_first() {
	local device
	make_keys
	make_drive device $((4 * MIB))
	start_haiki wipe run "$device" --serial "$(serial_of "$device")" --json --rate 2M
	until_true 20 started_step
	kill -INT "$PID"
	wait_haiki
	assert_exit 5
	EARLIER=$(basename "$(certificate_of)" .json)
	run_haiki wipe resume "$(job_of)" --json
	assert_exit 0
	NAME=$(basename "$(certificate_of)" .json)
	make_drive device $((8 * MIB))
	mkfs.ext4 -q -F "$device"
	mkdir "$CASE/mounted"
	mount "$device" "$CASE/mounted"
	wipe "$device"
	umount "$CASE/mounted"
	FAILED=$(basename "$(certificate_of)" .json)
	write_site
	assert_json '.certificates == 3 and .proven == 1 and .not_proven == 1 and .superseded == 1'
	use_browser "file://$CASE/site/index.html"
	open_list
	assert_same "$FAILED $NAME $EARLIER" "$(script 'return [...document.querySelectorAll("#rows tr")].map((row) => row.dataset.name).join(" ")' | jq --raw-output .)"
	open_certificate "$FAILED"
	assert_page 'document.querySelector("h1.bad").innerText.includes("NOT ERASED") && document.querySelector(".checked.genuine") !== null'
	assert_page '!document.title.includes("Certificate") && document.querySelector(".kind").innerText.startsWith("Record")'
	assert_page 'document.getElementById("checks").dataset.result === "passed"'
	open_certificate "$EARLIER"
	assert_page "document.querySelector('.warning a').getAttribute('href') === '$NAME.html'"
	# It is genuine, and yet not to be relied on: also where it is dropped.
	choose "$CASE/site/certificates/$EARLIER".{json,p7s,proof}
	assert_check .dropped superseded "failed superseded"
	assert_page 'document.querySelector(".dropped").dataset.result === "failed"'
	open_list
	choose "$CASE/site/certificates/$EARLIER".{json,p7s,proof}
	assert_check .dropped superseded "failed superseded"
	choose "$CASE/site/certificates/$NAME".{json,p7s,proof}
	assert_check .dropped superseded passed
	assert_page 'document.querySelector(".dropped").dataset.result === "passed"'
}
check "what is not proven comes first; what was superseded says so" exceptions_first

# A contract's deletion, first open, then closed.
contract() {
	local device serial
	make_keys
	make_drive device $MIB
	serial=$(serial_of "$device")
	run_haiki inventory scan
	run_haiki inventory tenant add CITY-A --name "髙﨑市" --zone municipal
	run_haiki inventory contract add K-1 --tenant CITY-A --start 2024-04-01 --end 2026-03-31
	run_haiki inventory label "$serial" --tenant CITY-A --reason test
	run_haiki report tenant K-1 --json
	EARLIER=$(jq --raw-output .certificate "$CASE/out")
	run_haiki inventory custody "$serial" quarantined --reason test
	wipe "$device"
	assert_exit 0
	run_haiki report tenant K-1 --json
	assert_exit 0
	NAME=$(jq --raw-output .certificate "$CASE/out")
	write_site --tenant CITY-A
	assert_json '.certificates == 2 and .proven == 1 and .superseded == 1'
	write_site
	assert_json '.certificates == 3 and .proven == 2 and .superseded == 1'
	use_browser "file://$CASE/site/index.html"
	open_list
	assert_page "document.querySelector('[data-name=$NAME] a').innerText === 'K-1'"
	assert_page "document.querySelector('[data-name=$EARLIER] .superseded') !== null"
	open_certificate "$NAME"
	assert_page 'document.getElementById("checks").dataset.result === "passed" && document.querySelector("h1.good") !== null'
	assert_page 'document.querySelector(".subject").innerText.includes("髙﨑市")'
	open_certificate "$EARLIER"
	assert_page 'document.querySelector(".checked.genuine") !== null && document.querySelector("h1.bad") !== null'
	assert_quiet
}
check "a contract's certificates stand beside those of drives" contract

# No word of another tenant, and none of a hold, in any file.
secrets() {
	local device serial held
	one_wiped
	run_haiki inventory tenant add city-a --name "City A"
	assert_exit 0
	run_haiki inventory tenant add city-b --name "City B"
	assert_exit 0
	make_drive device $MIB
	run_haiki inventory scan
	serial=$(serial_of "$device")
	run_haiki inventory hold place "$serial" --authority "The Court" --reason "Case 7"
	assert_exit 0
	run_haiki wipe run "$device" --serial "$serial" --tenant city-a --json
	held=$(basename "$(certificate_of)" .json)
	enter_like AAAAAA "$(with_serial SERIAL-A) | .subject.tenant = \"city-a\""
	enter_like BBBBBB "$(with_serial SERIAL-B) | .subject.tenant = \"city-b\""
	grep -q '"check":"hold"' "$STATE/certificates/$held.json" || fail "the record tells of no hold"

	write_site
	assert_json '.certificates == 3 and .withheld == 1'
	nothing_of "$held" "$serial" "The Court" "Case 7" '"H1"'
	write_site --tenant city-a
	assert_json '.certificates == 1 and .withheld == 1'
	nothing_of "$held" "$serial" "The Court" "Case 7" '"H1"' city-b SERIAL-B "$NAME" "$(jq --raw-output .subject.identity.serial "$FILE")"
	carried "$CASE/site/c/$(name_like AAAAAA).html" | grep -qaF SERIAL-A || fail "the tenant's own is missing"
	run_haiki report site "$CASE/site" --tenant nobody --json
	assert_exit 2
}
# What the pages carry, decoded.
carried() {
	sed -n 's/.*id="carried">//p' "$1" | sed 's/<.*//' | jq --raw-output '.json, .p7s, .proof' | base64 --decode --ignore-garbage
}
nothing_of() {
	local word file
	for word; do
		! grep -rlF -e "$word" "$CASE/site" || fail "$word is in the site"
		for file in "$CASE"/site/c/*.html; do
			! carried "$file" | grep -qaF -e "$word" || fail "$word is carried by $file"
		done
	done
	! find "$CASE/site" | grep -qF -e "$1" || fail "the file of $1 is there"
}
check "a tenant's site is of that tenant alone; no site tells of a hold" secrets

# ---- whole or not at all ----

# Something in the folder is wrong: nothing is written, and the site that is there stays.
assert_kept() {
	assert_code "$1"
	diff -r "$CASE/before" "$CASE/site"
	[ -z "$(ls -A "$CASE" | grep haiki-new)" ] || fail "something is left"
}

kept() {
	one_wiped
	write_site
	cp -r "$CASE/site" "$CASE/before"
	# A file that is missing comes from the store; one that is altered is not believed.
	mv "$STATE/certificates/$NAME.p7s" "$CASE/p7s"
	write_site
	cmp "$CASE/p7s" "$STATE/certificates/$NAME.p7s"
	rm -rf "$CASE/before"
	cp -r "$CASE/site" "$CASE/before"
	flip "$STATE/certificates/$NAME.p7s" 1
	run_haiki report site "$CASE/site" --json
	assert_exit 1
	assert_kept certificate-not-valid
	cp "$CASE/p7s" "$STATE/certificates/$NAME.p7s"
	cp "$FILE" "$CASE/json"
	sed -i 's/"T-1"/"T-2"/' "$FILE"
	run_haiki report site "$CASE/site" --json
	assert_exit 1
	assert_kept certificate-differs
	cp "$CASE/json" "$FILE"
	# Not ours.
	mkdir "$CASE/precious"
	echo "keep me" >"$CASE/precious/file"
	run_haiki report site "$CASE/precious" --json
	assert_exit 3
	assert_code site-foreign
	assert_same "keep me" "$(cat "$CASE/precious/file")"
	echo "keep me" >"$CASE/site/notes.txt"
	run_haiki report site "$CASE/site" --json
	assert_exit 3
	assert_code site-foreign
	rm "$CASE/site/notes.txt"
	# A full disk.
	mkdir "$CASE/small"
	mount -t tmpfs -o size=300k none "$CASE/small" || skip "no tmpfs can be mounted"
	run_haiki report site "$CASE/small/site" --json
	assert_exit 0
	cp -r "$CASE/small/site" "$CASE/small-before"
	run_haiki report site "$CASE/small/site" --json
	assert_exit 1
	assert_code site-write
	diff -r "$CASE/small-before" "$CASE/small/site"
	assert_same site "$(ls -A "$CASE/small")"
}
check "a site is replaced as a whole, or stays as it was" kept

# Killed at any moment: a whole site stands, the old one or the new one, and the next run clears up.
killed() {
	local number files
	one_wiped
	for number in $(seq 10 24); do
		enter_like "M0RE$number" "$(with_serial "SERIAL-$number")"
	done
	write_site
	files=$(ls "$CASE/site/certificates" | wc -l)
	for number in $(seq 20); do
		timeout --signal=KILL "0.0$((number % 10))$((number / 10))" "$HAIKI" report site "$CASE/site" $(haiki_settings) >"$CASE/out" 2>&1 || true
		assert_same 16 "$(ls "$CASE/site/c" | wc -l)"
		assert_same "$files" "$(ls "$CASE/site/certificates" | wc -l)"
		[ -s "$CASE/site/index.html" ]
		tail -n 1 "$CASE/site/index.html" | grep -qx '</html>'
	done
	write_site
	assert_same "" "$(ls -A "$CASE" | grep haiki-new || true)"
}
check "killed while it writes, a whole site stands" killed

finish
