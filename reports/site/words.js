// SPDX-License-Identifier: GPL-3.0-or-later
/* What the page says of checks, in Japanese and English. {name}, {index} … are put in by view.js. */
"use strict";

haiki.words = {
	result: {
		passed: { ja: "合格", en: "Passed" },
		failed: { ja: "不合格", en: "Failed" },
		unable: { ja: "ここでは不可", en: "Not possible here" },
	},
	verdict: {
		passed: { ja: "ブラウザーでできる確認はすべて合格しました。", en: "Every check that a browser can make has passed." },
		failed: { ja: "不合格の確認があります。この証明書を信頼しないでください。", en: "A check has failed. Do not rely on this certificate." },
		unable: { ja: "不合格はありませんが、ここではできない確認があります。", en: "No check failed, but some could not be made here." },
	},
	check: {
		digest: {
			title: { ja: "文書のダイジェスト", en: "Digest of the document" },
			passed: { ja: "このサイトに載っている証明書と 1 バイトも違いません。", en: "Byte for byte the certificate that this site lists." },
		},
		signature: {
			title: { ja: "署名", en: "Signature" },
			passed: { ja: "「{name}」が、まさにこの文書に署名しています。", en: "Signed by “{name}”, over exactly this document." },
		},
		chain: {
			title: { ja: "署名者の発行者", en: "Who vouches for the signer" },
			passed: { ja: "署名者の電子証明書は、このページが持つ CA「{name}」が発行したもので、有効期間内です。", en: "The signer’s certificate was issued by the CA that this page carries, “{name}”, and is in date." },
		},
		second: {
			title: { ja: "2 人目の署名", en: "Second person’s signature" },
			passed: { ja: "「{name}」も同じ文書に署名しています ({role})。", en: "“{name}” has signed the same document ({role})." },
		},
		record: {
			title: { ja: "台帳の記録と証明書の一致", en: "The ledger’s record is of this certificate" },
			passed: { ja: "記録 {index} は、この証明書の名前、ダイジェスト、結果を記しています。", en: "Record {index} names this certificate, its digest and its outcome." },
		},
		inclusion: {
			title: { ja: "台帳への収録", en: "Place in the ledger" },
			passed: { ja: "その記録は、{size} 件の台帳の木の中にあります。", en: "That record stands in the ledger’s tree of {size} records." },
		},
		checkpoint: {
			title: { ja: "台帳の署名", en: "Signature of the ledger" },
			passed: { ja: "その木の頭は、台帳「{name}」の鍵で署名されています。", en: "The head of that tree is signed by the key of the ledger “{name}”." },
		},
		page: {
			title: { ja: "このページの表示", en: "What this page shows" },
			passed: { ja: "上に示す結果、製造番号、テナントは、署名された文書のとおりです。", en: "Outcome, serial and tenant above are those of the signed document." },
		},
	},
	why: {
		"no-webcrypto": { ja: "このブラウザーは、ここでは暗号の計算をできません (WebCrypto がない)。", en: "This browser cannot compute signatures here (no WebCrypto)." },
		"algorithm-unknown": { ja: "このブラウザーは署名の方式を知りません。新しいブラウザーか haiki verify で確認してください。", en: "This browser does not know the signature’s algorithm. Use a newer one, or haiki verify." },
		"not-listed": { ja: "比べる証明書がこのページにありません。ほかの確認だけを見てください。", en: "This page lists no certificate of this name to compare with." },
		"no-signature-file": { ja: "署名ファイル (.p7s) がありません。一緒に選んでください。", en: "The signature (.p7s) is missing. Choose it together with the document." },
		"no-proof-file": { ja: "台帳の証明 (.proof) がありません。", en: "There is no proof from the ledger (.proof)." },
		"no-anchor": { ja: "このページは CA の電子証明書を持っていません。", en: "This page carries no CA certificate." },
		"no-ledger-key": { ja: "証明書にもこのサイトにも台帳の公開鍵がありません。", en: "Neither the certificate nor this site names the ledger’s key." },
		"digest-differs": { ja: "このサイトに載っている証明書とは違う内容です。", en: "It differs from the certificate that this site lists under this name." },
		"document-malformed": { ja: "証明書の文書として読めません。", en: "It cannot be read as a certificate." },
		"key-malformed": { ja: "鍵が壊れています。", en: "A key is damaged." },
		"signature-malformed": { ja: "署名ファイルが壊れています。", en: "The signature file is damaged." },
		"signature-not-detached": { ja: "署名ファイルの中に別の文書があります。", en: "The signature file has a document inside." },
		"signature-count": { ja: "発行者の署名が 1 つではありません。", en: "There is not exactly one signature of the issuer." },
		"signature-role": { ja: "署名者の立場が読めません。", en: "As what a person signed cannot be read." },
		"signature-algorithm": { ja: "認められない署名の方式です。", en: "The signature is made in a way that is not accepted." },
		"signature-broken": { ja: "署名の値が合いません。署名は改変されています。", en: "The signature’s value does not hold: it was altered." },
		"signature-wrong-content": { ja: "署名は別の文書のものです。文書が改変されたか、取り違えられています。", en: "The signature is over another document: this one was altered or exchanged." },
		"signature-certificate": { ja: "署名者の電子証明書がないか、署名が指すものではありません。", en: "The signer’s certificate is missing, or not the one that the signature binds." },
		"signature-wrong-signer": { ja: "署名者の電子証明書は、このページの CA が発行したものではありません。", en: "The signer’s certificate was not issued by the CA that this page carries." },
		"signer-not-allowed": { ja: "その電子証明書では署名が認められていません。", en: "That certificate may not sign." },
		"signer-expired": { ja: "署名者の電子証明書は有効期間外です。", en: "The signer’s certificate is out of date." },
		"signer-not-yet-valid": { ja: "署名者の電子証明書はまだ有効ではありません。", en: "The signer’s certificate is not valid yet." },
		"signer-expired-since": { ja: "署名者の電子証明書は期限が過ぎています。署名がその前かどうかはタイムスタンプが示しますが、ここでは確認できません。", en: "The signer’s certificate has expired since. A time stamp tells whether it was signed before; that cannot be checked here." },
		"ledger-key-malformed": { ja: "台帳の公開鍵が壊れています。", en: "The ledger’s public key is damaged." },
		"proof-malformed": { ja: "台帳の証明が壊れています。", en: "The proof is damaged." },
		"proof-wrong": { ja: "証明をたどると別の木になります。この記録は台帳にありません。", en: "The proof leads to another tree: the record is not in this ledger." },
		"record-malformed": { ja: "台帳の記録として読めません。", en: "The record cannot be read." },
		"record-index": { ja: "記録は台帳の別の位置を名乗っています。", en: "The record claims another place in the ledger." },
		"record-of-another": { ja: "記録は別の証明書のものです: {detail}", en: "The record is of another certificate: {detail}" },
		"note-malformed": { ja: "台帳の署名が読めません。", en: "The ledger’s signed head cannot be read." },
		"checkpoint-malformed": { ja: "台帳の頭が読めません。", en: "The ledger’s head cannot be read." },
		"note-unsigned": { ja: "台帳の鍵による署名がありません。", en: "The head is not signed by the ledger’s key." },
		"note-broken": { ja: "台帳の鍵による署名が合いません。偽造です。", en: "The signature in the name of the ledger’s key does not hold: a forgery." },
		"checkpoint-origin": { ja: "別の台帳の頭です。", en: "It is the head of another ledger." },
		"page-differs": { ja: "ページの表示が署名された文書と違います: {detail}", en: "The page shows something else than the signed document: {detail}" },
		"pdf-unreadable": { ja: "この PDF から添付ファイルを取り出せません。haiki verify certificate で確認してください。", en: "The attachments of this PDF cannot be read here. Use haiki verify certificate." },
		"no-document": { ja: "証明書の文書 (.json) がありません。.json、.p7s、.proof を一緒に選ぶか、PDF を選んでください。", en: "There is no certificate (.json) among the files. Choose .json, .p7s and .proof together, or the PDF." },
		unexpected: { ja: "確認できない形です: {detail}", en: "It has a shape that cannot be checked: {detail}" },
	},
	outcome: {
		proven: { ja: "抹消済み (証明済み)", en: "Erased, proven" },
		failed: { ja: "失敗", en: "Failed" },
		refused: { ja: "拒否", en: "Refused" },
		interrupted: { ja: "中断", en: "Interrupted" },
		unknown: { ja: "不明", en: "Unknown" },
	},
	list: {
		count: { ja: "{total} 件中 {found} 件", en: "{found} of {total}" },
		page: { ja: "{page} / {pages} ページ", en: "Page {page} of {pages}" },
		superseded: { ja: "新しい証明書あり", en: "superseded" },
		nothing: { ja: "あてはまる証明書はありません。", en: "No certificate matches." },
	},
	unnamed: { ja: "名前のない文書", en: "Document without a name" },
};
