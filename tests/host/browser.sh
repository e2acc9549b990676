# A real browser without a screen: Chromium, driven by chromedriver (W3C WebDriver) over curl and jq.
# Sourced by the tests that look at pages, after lib.sh.
# SPDX-License-Identifier: GPL-3.0-or-later

DRIVER= # address of the driver
SESSION= # address of the session

# share_browser: one browser for all cases of the file; outside of them, so without it nothing is started.
share_browser() {
	local program
	for program in chromium chromedriver curl jq; do
		command -v "$program" >/dev/null || return 0
	done
	start_suite
	local CASE=$suite_folder
	start_browser
}

# use_browser PAGE: the shared one, as if it were new.
use_browser() {
	need chromium chromedriver curl jq
	[ -n "$SESSION" ] || start_browser
	resize 1200 1000
	open_page "$1"
	script 'localStorage.clear()' >/dev/null
	open_page about:blank
	browser_log browser >/dev/null
	browser_log performance >/dev/null
}

# start_browser [LANGUAGE]: a fresh browser, which keeps its things in the case's folder.
start_browser() {
	local language=${1:-en} profile log capabilities answer
	need chromium chromedriver curl jq
	profile=$(mktemp -d "$CASE/browser.XXXXXX")
	log=$profile.log
	if [ -z "$DRIVER" ]; then
		# It takes a free port and says which.
		HOME=$profile TMPDIR=$profile chromedriver --port=0 >"$log" 2>&1 </dev/null &
		remember processes $!
		disown $!
		until_true 30 grep -q 'started successfully on port [0-9]' "$log"
		DRIVER=http://127.0.0.1:$(sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p' "$log")
	fi
	capabilities=$(jq --null-input --arg profile "$profile" --arg language "$language" '{
		capabilities: { alwaysMatch: {
			browserName: "chrome",
			"goog:loggingPrefs": { browser: "ALL", performance: "ALL" },
			"goog:chromeOptions": { args: [ "--headless=new", "--no-sandbox", "--disable-gpu",
				"--no-first-run", "--disable-background-networking", "--disable-component-update",
				"--disable-sync", "--disable-dev-shm-usage", "--lang=" + $language,
				"--accept-lang=" + $language, "--force-device-scale-factor=1",
				"--user-data-dir=" + $profile ] } } } }')
	SESSION=$DRIVER/session
	answer=$(command_browser POST "" "$capabilities")
	remember processes "$(jq '.capabilities["goog:processID"]' <<<"$answer")"
	SESSION=$DRIVER/session/$(jq --raw-output .sessionId <<<"$answer")
	resize 1200 1000
}

# command_browser METHOD PATH [BODY]: the value of the answer; an error ends the case.
command_browser() {
	local answer
	answer=$(curl --silent --show-error --max-time 60 --request "$1" ${3:+--header "Content-Type: application/json"} \
		${3:+--data-binary @-} "$SESSION$2" <<<"${3:-}")
	jq '.value | if type == "object" and has("error")
		then error("the browser refuses: " + .error + ": " + .message) else . end' <<<"$answer"
}

open_page() {
	command_browser POST /url "$(jq --null-input --arg url "$1" '{ url: $url }')" >/dev/null
}

# script TEXT [ARGUMENT]: what the script returns, as JSON. The argument is arguments[0].
script() {
	command_browser POST /execute/sync \
		"$(jq --null-input --arg script "$1" --arg argument "${2:-}" '{ script: $script, args: [$argument] }')"
}

# is_so SCRIPT: it returns true.
is_so() {
	[ "$(script "return ($1) === true")" = true ]
}

# eventually SCRIPT: asked again until it is so.
eventually() {
	until_true 20 is_so "$1"
}

assert_page() {
	is_so "$1" || fail "not so on the page: $1"
}

# element SELECTOR: its address within the session.
element() {
	echo "/element/$(command_browser POST /element \
		"$(jq --null-input --arg value "$1" '{ using: "css selector", value: $value }')" | jq --raw-output '.[]')"
}

click() {
	command_browser POST "$(element "$1")/click" '{}' >/dev/null
}

# type_into SELECTOR TEXT
type_into() {
	command_browser POST "$(element "$1")/value" "$(jq --null-input --arg text "$2" '{ text: $text }')" >/dev/null
}

# press KEY…: on the keyboard, whatever has the focus. Tab, Enter, Space or one character.
press() {
	local key actions='[]' value
	for key; do
		case $key in
		Tab) value=$'\uE004' ;;
		ShiftTab) value=$'\uE008\uE004' ;;
		Enter) value=$'\uE007' ;;
		Space) value=' ' ;;
		*) value=$key ;;
		esac
		actions=$(jq --arg value "$value" '. + [($value | split(""))[] | { type: "keyDown", value: . }] +
			[($value | split("") | reverse)[] | { type: "keyUp", value: . }]' <<<"$actions")
	done
	command_browser POST /actions "{\"actions\":[{\"type\":\"key\",\"id\":\"keyboard\",\"actions\":$actions}]}" >/dev/null
}

# The inside of the window, in CSS pixels. A window cannot be as narrow as a phone: the device is told.
resize() {
	command_browser POST /goog/cdp/execute "{\"cmd\":\"Emulation.setDeviceMetricsOverride\",\"params\":
		{\"width\":$1,\"height\":$2,\"deviceScaleFactor\":1,\"mobile\":false}}" >/dev/null
}

# screenshot NAME: the page from top to bottom, into the folder SCREENSHOTS, for whoever set it to look at.
screenshot() {
	[ -n "${SCREENSHOTS:-}" ] || return 0
	command_browser POST /goog/cdp/execute '{"cmd":"Page.captureScreenshot","params":{"captureBeyondViewport":true}}' |
		jq --raw-output .data | base64 --decode >"$SCREENSHOTS/$1.png"
}

# print_page FILE: as it comes out of a printer, a PDF.
print_page() {
	command_browser POST /print '{}' | jq --raw-output . | base64 --decode >"$1"
}

browser_log() {
	command_browser POST /se/log "{\"type\":\"$1\"}"
}

# Nothing was refused by the page's policy, no script failed, and no address but those of files was asked for.
assert_quiet() {
	local log
	log=$(browser_log browser)
	[ "$(jq length <<<"$log")" = 0 ] || fail "the browser says: $(jq --raw-output '.[].message' <<<"$log" | head -n 5)"
	log=$(browser_log performance | jq --raw-output '.[].message | fromjson | .message |
		select(.method == "Network.requestWillBeSent") | .params.request.url |
		select(test("^(file|data|blob|about|chrome):") | not)')
	[ -z "$log" ] || fail "the page asked for: $log"
}
