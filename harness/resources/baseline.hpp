// The committed figures of compiled kernels, a file a compiler version, and how new ones compare.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kernelgate {

/// One kernel for one target. A figure of kind compiled: nothing here was measured.
struct ResourceRow {
  std::string kernel;   // "self_test_words<w32>"
  std::string profile;  // "nv-sm90"
  std::int64_t registers = 0;
  std::int64_t spilled = 0;
  std::int64_t scratch = 0;    // bytes
  std::int64_t lds_bytes = 0;  // of the entry; -1: no entry names the kernel
  std::int64_t waves = 0;      // that a cu holds at once, modelled
  std::string code;            // hash of the machine code, 16 hexadecimal digits

  bool operator==(const ResourceRow&) const = default;
};

enum class Change { same, code_alone, worse, better, added, gone };

struct ResourceChange {
  Change change = Change::same;
  std::string words;  // "registers 40 -> 48, waves 48 -> 40"; empty when same
};

/// Exact, both ways: worse when any figure is (more registers, spills, scratch, LDS, fewer waves),
/// else better when any is.
ResourceChange change_between(const ResourceRow& before, const ResourceRow& now);

/// Finds the kernel and target in a baseline; added when it is not there.
ResourceChange compare_with(std::span<const ResourceRow> baseline, const ResourceRow& now);

/// "nvcc-13.0.88.csv"
std::string baseline_file_name(const std::string& compiler, const std::string& version);

/// Nothing when there is no such file. Throws BadInput for one that cannot be read.
std::optional<std::vector<ResourceRow>> read_baseline(const std::filesystem::path& file);

/// Sorted by kernel and target, so that a change shows as its own lines. Throws BadInput when the
/// file cannot be written.
void write_baseline(const std::filesystem::path& file, std::vector<ResourceRow> rows);

}  // namespace kernelgate
