#include "harness/run/vendor_run.hpp"

#include <fmt/format.h>

#include "harness/core/output_file.hpp"
#include "harness/core/printable.hpp"
#include "harness/core/process.hpp"
#include "harness/core/variant_role.hpp"
#include "harness/records/environment.hpp"
#include "harness/report/tier.hpp"

namespace kernelgate {

std::string run_identity(const std::string& asked) {
  const Environment here = detect_environment();
  return fmt::format("program {} of commit {}\nprocessor {}\n{}", fingerprint(own_program()),
                     here.commit, here.cpu, asked);
}

bool leave_for_others(const RunFolder& folder, const std::string& command,
                      std::span<const Record> rows) {
  const Environment here = detect_environment();
  write_whole_file(
      folder.path() / "environment.txt",
      printable(fmt::format("processor  {}\ncores      {}\nsystem     {}\ncompiler   {}\n"
                            "flags      {}\nkokkos     {}\ncommit     {}\n",
                            here.cpu, here.cores, here.os, here.compiler, here.flags, here.kokkos,
                            here.commit)));
  std::string lines = command + "\n";
  for (const Record& row : rows) {
    const bool is_case_row = row.row != RowKind::forward && is_kernel_row(row);
    if (is_case_row && role_of(row.variant) != VariantRole::reference)
      lines += repro_command(row) + "\n";
  }
  write_whole_file(folder.path() / "reproduce.txt", lines);
  const std::filesystem::path log = folder.path() / "support.txt";
  const ProcessEnd end =
      run_process({{own_program().string(), "support", "--records", folder.records().string(),
                    "--output", (folder.path() / "support.md").string()},
                   ProcessOutput::new_log,
                   log});
  if (!end.well()) {
    fmt::print("support matrix: {}, its output is in {}\n", end.describe(), log.string());
  }
  return end.well();
}

}  // namespace kernelgate
