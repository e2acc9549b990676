/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding words, and the short tables of them. */
#include "reports/statement/wording_tables.h"

#include "base/macros.h"
#include <string.h>

static const struct wording outcomes[] = {
	{ "unknown", "不明", "unknown" },
	{ "refused", "拒否", "refused" },
	{ "interrupted", "中断", "interrupted" },
	{ "failed", "失敗", "failed" },
	{ "proven", "証明済み", "proven" },
};

/* NIST SP 800-88 Rev. 2. */
static const struct wording levels[] = {
	{ "none", "なし", "none" },
	{ "clear", "消去 (Clear)", "Clear" },
	{ "purge", "除去 (Purge)", "Purge" },
	{ "destroy", "破壊 (Destroy)", "Destroy" },
};

static const struct wording verifications[] = {
	{ "none", "証明となる検証なし", "none that proves" },
	{ "markers", "抹消前に書いた目印がすべて消えていることを確認",
		"markers planted before the erasure are all gone" },
	{ "sample", "抜き取り読み戻し", "read back by sample" },
	{ "full", "全域読み戻し", "read back in full" },
};

static const struct wording limits[] = {
	{ "virtual-device", "仮想デバイスです。その背後にある媒体は対象外です。",
		"The device is virtual: the medium behind it is not covered." },
	{ "capacity-as-reported",
		"容量はドライブの申告によります。前もって縮小された容量は見分けられません。",
		"The capacity is as the drive told it; one that was lowered before is not told "
		"from a native one." },
	{ "clock-not-synchronised", "時計が同期していませんでした。",
		"The clock was not synchronised." },
	{ "sampled", "読み戻しは抜き取りで、全バイトではありません。",
		"A sample was read back, not every byte." },
	{ "markers-only", "媒体のうち、目印を書いた場所だけを確認しました。",
		"Of the medium only the places of the markers were looked at." },
	{ "deallocated",
		"ゼロと読めるセクターは、ドライブの報告により抹消済みとして扱いました "
		"(ポリシーで許容)。",
		"Sectors that read zeros were taken for erased on the drive's word, as the policy "
		"accepts." },
	{ "key-copies",
		"鍵だけを破棄しました。鍵の写し (ヘッダーのバックアップなど) "
		"が別の場所に残っていれば、データを開けます。",
		"Only keys were destroyed: a copy of them elsewhere (a header backup) opens the "
		"data again." },
	{ "outside-namespaces", "NVMe のブートパーティションと RPMB には届きません。",
		"Boot partitions and the RPMB of the NVMe drive are not reached." },
};

static const struct wording outstandings[] = {
	{ "key-copy", "破棄した鍵の写しが残っています。破棄を記録するまで未完了です",
		"A copy of the keys that were destroyed exists until it is recorded as destroyed" },
	{ "generation", "バックアップの世代が残っています", "A backup generation has not expired" },
	{ "volume", "ボリュームが残っているか、所在が不明です",
		"A volume remains, or where it lay is not known" },
	{ "drive", "ドライブが抹消されていません", "A drive is not sanitized" },
	{ "array", "アレイが残っています", "An array remains" },
	{ "vm", "VM が残っているか、ディスクの抹消が済んでいません",
		"A VM remains, or its disks are not erased" },
	{ "backup", "バックアップの有無を確認できていないリポジトリがあります",
		"Whether a backup repository has copies is not known" },
	{ "notice", "お客様への通知が済んでいません", "The customer has not been told" },
};

static const struct wording medias[] = {
	{ "unknown", "不明", "unknown" },
	{ "magnetic", "磁気ディスク", "magnetic" },
	{ "flash", "フラッシュ (SSD など)", "flash" },
	{ "virtual", "仮想", "virtual" },
};

static const struct wording natives[] = {
	{ "unknown", "不明", "unknown" },
	{ "virtual", "仮想デバイス", "virtual device" },
	{ "scsi-read-capacity", "SCSI READ CAPACITY の応答", "as SCSI READ CAPACITY says" },
	{ "nvme-identify", "NVMe Identify の応答", "as NVMe Identify says" },
	{ "ata-max", "ATA のネイティブ最大アドレス", "by ATA's native maximum address" },
};

static const struct wording custodies[] = {
	{ "unknown", "不明", "unknown" },
	{ "in-service", "使用中", "in service" },
	{ "quarantined", "隔離", "quarantined" },
	{ "sanitizing", "抹消中", "sanitizing" },
	{ "sanitized", "抹消済み", "sanitized" },
	{ "reused", "再利用", "reused" },
	{ "returned", "返却", "returned" },
	{ "disposed", "廃棄", "disposed" },
	{ "destroyed", "破壊", "destroyed" },
	{ "failed", "失敗", "failed" },
};

static const struct wording findings[] = {
	{ "unknown", "不明な指摘", "Unknown finding" },
	{ "left-without-proof", "抹消の証明がないまま手元を離れた",
		"Left without proof of erasure" },
	{ "contradiction", "記録の矛盾", "Records contradict one another" },
	{ "destroyed-under-hold", "法的保全中の抹消または廃棄", "Destroyed under a legal hold" },
	{ "contract-not-closed", "契約は終了したが、削除が完了していない",
		"Contract ended, deletion not closed" },
	{ "not-proven", "抹消が証明されていない", "Erasure not proven" },
	{ "outstanding", "残件あり", "Outstanding" },
	{ "duplicate", "証明書の重複", "Duplicate certificates" },
	{ "unreadable", "読めない記録", "Record cannot be read" },
	{ "destroyed-unproven", "立会者のみで破壊(証明書なし)",
		"Destroyed before a witness, no certificate" },
	{ "not-judged", "判定できない記録", "Could not be judged" },
};

#define TABLE(words)                                                                               \
	{                                                                                          \
		(words), ARRAY_SIZE(words)                                                         \
	}

static struct wording_table table_of(enum wording_kind kind)
{
	switch (kind) {
	case WORDING_LABEL:
		return wording_labels;
	case WORDING_OUTCOME:
		return (struct wording_table)TABLE(outcomes);
	case WORDING_LEVEL:
		return (struct wording_table)TABLE(levels);
	case WORDING_METHOD:
		return wording_methods;
	case WORDING_VERIFICATION:
		return (struct wording_table)TABLE(verifications);
	case WORDING_REASON:
		return wording_reasons;
	case WORDING_LIMIT:
		return (struct wording_table)TABLE(limits);
	case WORDING_OUTSTANDING:
		return (struct wording_table)TABLE(outstandings);
	case WORDING_MEDIA:
		return (struct wording_table)TABLE(medias);
	case WORDING_NATIVE:
		return (struct wording_table)TABLE(natives);
	case WORDING_CUSTODY:
		return (struct wording_table)TABLE(custodies);
	case WORDING_FINDING:
		return (struct wording_table)TABLE(findings);
	case WORDING_STAGE:
		return wording_stages;
	case WORDING_TENANT_REASON:
		return wording_tenant_reasons;
	case WORDING_TENANT_REMARK:
		return wording_tenant_remarks;
	case WORDING_FATE:
		return wording_fates;
	case WORDING_VM:
		return wording_vms;
	case WORDING_PLACE:
		return wording_places;
	}
	return (struct wording_table){ NULL, 0 };
}

const struct wording *wording_table(enum wording_kind kind, size_t *ret_count)
{
	struct wording_table table = table_of(kind);
	*ret_count = table.count;
	return table.words;
}

struct wording wording_of(enum wording_kind kind, const char *word)
{
	struct wording_table table = table_of(kind);
	for (size_t i = 0; i < table.count; i++)
		if (strcmp(table.words[i].word, word) == 0)
			return table.words[i];
	return (struct wording){ word, word, word };
}
