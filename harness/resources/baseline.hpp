// The committed metrics of compiled kernels, one file per compiler version, and their comparison
// with new ones.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kernelgate {

/// One kernel for one target. Metrics of provenance compiled: not measured.
struct ResourceRow {
  std::string kernel;   // "self_test_words<w32>"
  std::string profile;  // "nv-sm90"
  std::int64_t registers = 0;
  std::int64_t spilled = 0;  // to memory
  std::int64_t scalars_in_lanes = 0;
  std::int64_t scratch = 0;    // bytes
  std::int64_t lds_bytes = 0;  // of the kernel instance; -1: no instance found
  std::int64_t waves = 0;      // concurrent per cu, modelled
  std::string code;            // hash of the machine code, 16 hexadecimal digits

  bool operator==(const ResourceRow&) const = default;
};

enum class Change { same, code_alone, worse, better, added, gone };

struct ResourceChange {
  Change change = Change::same;
  std::string words;  // "registers 40 -> 48, waves 48 -> 40"; empty when same
};

/// Compares exactly: worse if any metric is worse (more registers, spills, scalars in lanes,
/// scratch, LDS, fewer waves), else better if any is better.
ResourceChange change_between(const ResourceRow& before, const ResourceRow& now);

/// Compares with the baseline's row of the same kernel and target; `added` if there is none.
ResourceChange compare_with(std::span<const ResourceRow> baseline, const ResourceRow& now);

/// "nvcc-13.0.88.csv"
std::string baseline_file_name(const std::string& compiler, const std::string& version);

/// Nothing if there is no such file. Throws BadInput if it cannot be read.
std::optional<std::vector<ResourceRow>> read_baseline(const std::filesystem::path& file);

/// Writes the rows sorted by kernel and target, so that a change shows as its own lines. Throws
/// BadInput if the file cannot be written.
void write_baseline(const std::filesystem::path& file, std::vector<ResourceRow> rows);

}  // namespace kernelgate
