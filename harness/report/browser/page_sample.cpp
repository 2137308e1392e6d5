// Writes a page of sample records, and the records beside it, for page_acceptance.py. Every part of
// the page has content, on two measured machines and one modelled device.
#include <cstdio>
#include <iostream>
#include <tuple>

#include "harness/records/record_writer.hpp"
#include "harness/report/browser/sample_run.hpp"
#include "harness/report/page.hpp"

namespace kernelgate {
namespace {

using synthetic::timed;

Record on_other_machine(Record row) {
  row.environment.cpu = "Slow CPU";
  row.run_id = "other-machine";
  return row;
}

Record modelled(Record row, Status status) {
  row.device = "amd-gfx942";
  row.provenance = Provenance::modelled;
  row.backend = Backend::source;
  row.variant = "native";
  row.status = status;
  return row;
}

std::vector<Record> model_rows() {
  std::vector<Record> rows;
  for (const auto& [test, percent] : {std::pair{"pp32", 20.0},
                                      {"pp128", 30.0},
                                      {"pp512", 45.0},
                                      {"tg4_b1_c128", 60.0},
                                      {"tg4_b4_c128", 50.0},
                                      {"tg4_b1_c1024", 55.0},
                                      {"tg4_b4_c1024", 42.0}}) {
    Record row =
        timed("model", "kokkos", std::string("model=s340,layers=11,test=") + test + ",bf16",
              300000000, 8000000000, percent, 1);
    row.dtype = "bf16";
    row.cache = std::nullopt;
    row.ratio_to_baseline = std::nullopt;
    row.baseline.clear();
    rows.push_back(row);
  }
  for (const auto& [scheme, bytes] :
       {std::pair{"CCGQA", 40960}, {"MLA", 46080}, {"GQA", 81920}, {"MHA", 327680}}) {
    Record row = synthetic::check_row();
    row.kernel = "kv";
    row.variant = scheme;
    row.axes = "model=8b,tokens=4096,bf16";
    row.data = std::nullopt;
    row.worst_error_ratio = std::nullopt;
    row.bytes = 4096LL * bytes;
    rows.push_back(row);
  }
  return rows;
}

std::vector<Record> all_rows() {
  std::vector<Record> rows = synthetic::sample_run();
  for (const auto& more :
       {synthetic::sample_benches(), synthetic::sample_forwards(), model_rows()}) {
    rows.insert(rows.end(), more.begin(), more.end());
  }
  for (const Record& row : synthetic::sample_benches()) {
    if (row.kernel == "linear") rows.push_back(on_other_machine(row));
  }
  for (const auto& [axes, verdict, more] : {std::tuple{"tokens=1,out=64,in=64,bf16", "same", 1.001},
                                            {"tokens=3,out=64,in=64,bf16", "slower", 1.08},
                                            {"tokens=7,out=64,in=64,bf16", "cannot_tell", 1.02}}) {
    rows.push_back(synthetic::compare_row(axes, verdict, more));
  }
  Record refused = modelled(synthetic::check_row(), Status::unsupported);
  refused.kernel = "top_k";
  refused.message = "needs 98304 B of LDS, amd-gfx942 gives 65536 B to a work-group";
  rows.push_back(modelled(synthetic::check_row(), Status::passed));
  rows.push_back(refused);
  return rows;
}

// Ten runs of one case; from the seventh on it takes twice as long.
std::vector<Record> earlier_rows() {
  std::vector<Record> rows;
  for (int run = 0; run < 9; ++run) {
    Record row = synthetic::bench_row();
    row.run_id = "run-" + std::to_string(run);
    row.time_utc = "2026-01-0" + std::to_string(run + 1) + "T00:00:00Z";
    row.time_median_seconds = run < 6 ? 0.00025 : 0.0005;
    row.environment.commit = "commit" + std::to_string(run);
    rows.push_back(row);
  }
  return rows;
}

std::vector<CompiledFigure> compiled() {
  std::vector<CompiledFigure> figures;
  for (const char* profile : {"amd-gfx942", "nv-sm90"}) {
    for (int i = 0; i < 60; ++i) {
      ResourceRow row{.kernel = "linear_gemv<bf16,w" + std::to_string(i) + ">",
                      .profile = profile,
                      .registers = 30 + i,
                      .spilled = i % 20 == 0 ? 4 : 0,
                      .lds_bytes = 1024L * i,
                      .waves = 32 - i / 4,
                      .code = ""};
      figures.push_back({profile[0] == 'a' ? "clang-22.1.8" : "nvcc-13.0.88", row});
    }
  }
  return figures;
}

}  // namespace
}  // namespace kernelgate

int main(int argc, char** argv) {
  using namespace kernelgate;
  if (argc != 2) {
    std::fprintf(stderr, "usage: page_sample FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::vector<Record> rows = all_rows();
  PageText text;
  text.title = "Kernels of this host <&>";
  text.subtitle = "a run that never was";
  text.command = "kernelgate validate --suite smoke";
  text.left_out = {"edge shapes on virtual devices: kernelgate check --suite edge_shapes"};
  text.earlier = earlier_rows();
  text.find_changes = [](std::span<const double> seconds) -> std::vector<LevelChange> {
    if (seconds.size() != 10) return {};
    return {{.first = 6, .before = 0.00025, .after = 0.0005}};
  };
  text.compiled = compiled();
  text.covers = [](const Record& row) {
    const bool run = row.provenance == Provenance::modelled && row.status != Status::unsupported;
    return run ? std::vector<std::string>{"amd-gfx950"} : std::vector<std::string>{};
  };
  write_page(folder / "page.html", rows, text);
  RecordWriter writer(folder / "records.csv", std::cerr);
  for (const Record& row : rows) writer.append(row);
  return 0;
}
