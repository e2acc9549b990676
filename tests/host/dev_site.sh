. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/browser.sh"
. /tmp/sitedev/defs.sh
dev() {
	one_wiped
	name=$(basename "$FILE" .json)
	write_site
	start_browser ${LANGUAGE_OF:-en}
	open_page "$(page_of "$name")"
	eventually "$checked"
	script 'return document.getElementById("checks").innerText' >&2
	ls "$CASE/site/certificates" >&2; cat "$CASE/site/certificates/"*.proof >&2
	screenshot /tmp/sitedev/page.png
	false
}
check dev dev
finish
