/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The methods of steps, and the techniques by which a drive erases itself. */
#include "base/macros.h"
#include "reports/statement/wording_tables.h"

static const struct wording words[] = {
	{ "unknown", "不明", "unknown" },
	{ "none", "なし", "none" },
	/* verify/plan/plan_document.h */
	{ "overwrite", "ホストからの全域上書き", "overwritten in full by the host" },
	{ "read-back", "読み戻し検証", "reading back" },
	{ "residue-scan", "残存データ検査", "search for remains" },
	{ "restore-capacity", "隠れた容量の解除", "hidden capacity lifted" },
	{ "plant-markers", "目印の書き込み", "planting markers" },
	{ "erase", "ドライブ自身による抹消", "the drive erases itself" },
	{ "check-markers", "目印の検査", "looking for markers" },
	/* verify/plan/technique.h */
	{ "nvme-sanitize-crypto", "NVMe Sanitize (暗号鍵の変更)", "NVMe Sanitize, crypto erase" },
	{ "nvme-sanitize-block", "NVMe Sanitize (ブロック消去)", "NVMe Sanitize, block erase" },
	{ "nvme-sanitize-overwrite", "NVMe Sanitize (上書き)", "NVMe Sanitize, overwrite" },
	{ "nvme-format-crypto", "NVMe Format (暗号鍵の変更)", "NVMe Format, crypto erase" },
	{ "nvme-format-user", "NVMe Format (ユーザーデータ消去)", "NVMe Format, user data erase" },
	{ "ata-sanitize-crypto", "ATA SANITIZE (暗号鍵の変更)", "ATA SANITIZE, crypto scramble" },
	{ "ata-sanitize-block", "ATA SANITIZE (ブロック消去)", "ATA SANITIZE, block erase" },
	{ "ata-sanitize-overwrite", "ATA SANITIZE (上書き)", "ATA SANITIZE, overwrite" },
	{ "ata-security-enhanced", "ATA SECURITY ERASE UNIT (拡張)",
		"ATA SECURITY ERASE UNIT, enhanced" },
	{ "ata-security-normal", "ATA SECURITY ERASE UNIT (通常)",
		"ATA SECURITY ERASE UNIT, normal" },
	{ "scsi-sanitize-crypto", "SCSI SANITIZE (暗号鍵の変更)",
		"SCSI SANITIZE, cryptographic erase" },
	{ "scsi-sanitize-block", "SCSI SANITIZE (ブロック消去)", "SCSI SANITIZE, block erase" },
	{ "scsi-sanitize-overwrite", "SCSI SANITIZE (上書き)", "SCSI SANITIZE, overwrite" },
	{ "scsi-format-unit", "SCSI FORMAT UNIT", "SCSI FORMAT UNIT" },
	{ "scsi-write-same", "SCSI WRITE SAME", "SCSI WRITE SAME" },
	{ "opal-revert", "TCG Opal Revert (所有者の認証)", "TCG Opal Revert, by the owner" },
	{ "opal-psid-revert", "TCG Opal PSID Revert (ラベルの PSID)", "TCG Opal PSID Revert" },
	{ "opal-genkey", "TCG Opal GenKey (全範囲の鍵の変更)", "TCG Opal GenKey, every range" },
	{ "luks-erase", "LUKS の全鍵スロットとヘッダーの破棄",
		"all LUKS keyslots and headers destroyed" },
	{ "mmc-sanitize", "eMMC Sanitize", "eMMC Sanitize" },
	{ "zone-reset", "ゾーンのリセット (抹消ではなく準備)",
		"zones reset (a preparation, not an erasure)" },
	{ "discard", "割り当て解除 TRIM (抹消ではなく準備)",
		"discard (a preparation, not an erasure)" },
};

const struct wording_table wording_methods = { words, ARRAY_SIZE(words) };
