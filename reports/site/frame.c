/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all pages have in common: the policy that lets nothing in from elsewhere, the organisation, the switch of
 * languages, the places for dropped files, what was not checked, the footer. */
#include "reports/site/site_parts.h"

#include "base/clock.h"
#include "version.h"

/* Scripts and styles of the folder alone, nothing within the page, no request to anywhere, and no script may turn
 * text into markup (W3C Content Security Policy Level 3, Trusted Types). */
#define POLICY                                                                                     \
	"default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; "               \
	"form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

void site_frame_free(struct site_frame *frame)
{
	buffer_free(&frame->limits);
	buffer_free(&frame->footer);
	buffer_free(&frame->organisation);
}

static int fill(
	struct buffer *buffer, const char *part, const struct html_slot *slots, size_t count)
{
	struct asset asset = asset_named(part);
	return html_fill(buffer, asset.data, asset.length, slots, count);
}

int site_frame_make(const struct site_request *request, const char *anchors_html, const char *name,
	struct site_frame *ret)
{
	char made[CLOCK_TEXT_SIZE];
	/* "2026-11-23T04:03:43.123Z" to the minute. */
	clock_format(request->now_utc_ms, made);
	made[10] = ' ';
	made[16] = '\0';
	*ret = (struct site_frame){ .limits = BUFFER_INIT(MIB),
		.footer = BUFFER_INIT(MIB),
		.organisation = BUFFER_INIT(MIB) };
	const struct html_slot limits[] = { { "name", name }, { "anchors", anchors_html } };
	const struct html_slot footer[] = { { "made", made }, { "version", HAIKI_VERSION } };
	int result = fill(&ret->limits, "part_limits.html", limits, ARRAY_SIZE(limits));
	if (result == 0)
		result = fill(&ret->footer, "part_footer.html", footer, ARRAY_SIZE(footer));
	if (result == 0)
		result = html_text(&ret->organisation, request->organisation, false);
	const struct html_slot slots[SITE_FRAME_SLOTS] = {
		{ "policy", POLICY },
		{ "organisation", buffer_text(&ret->organisation) },
		{ "languages", asset_named("part_languages.html").data },
		{ "drop", asset_named("part_drop.html").data },
		{ "limits", buffer_text(&ret->limits) },
		{ "footer", buffer_text(&ret->footer) },
	};
	for (size_t i = 0; i < SITE_FRAME_SLOTS; i++)
		ret->slots[i] = slots[i];
	return result;
}
