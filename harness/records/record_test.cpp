#include "harness/records/record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "harness/records/columns.hpp"
#include "harness/records/synthetic.hpp"

namespace kernelgate {
namespace {

// The expected table of results/schema.md.
std::string schema_table() {
  std::string table = "| column | type | meaning |\n| --- | --- | --- |\n";
  for (const Column& column : record_columns) {
    std::string meaning;  // a bar would end the cell
    for (const char c : column.meaning) meaning += c == '|' ? "\\|" : std::string(1, c);
    table += "| `" + std::string(column.name) + "` | " + std::string(name(column.type)) + " | " +
             meaning + " |\n";
  }
  return table;
}

TEST(Record, HasExactlyTheColumnsOfTheSchemaPage) {
  std::ifstream page(KERNELGATE_SOURCE_DIR "/results/schema.md");
  std::string table;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("|")) table += line + "\n";
  }
  EXPECT_EQ(table, schema_table()) << "results/schema.md should hold this table:\n"
                                   << schema_table();
}

TEST(Record, HasNoColumnTwice) {
  std::set<std::string_view> names;
  for (const Column& column : record_columns) EXPECT_TRUE(names.insert(column.name).second);
}

TEST(Record, PrintsTheTimeInUtcWithSeconds) {
  EXPECT_THAT(utc_now(),
              ::testing::MatchesRegex(
                  "20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z"));
}

TEST(Record, GivesEveryRunItsOwnName) { EXPECT_NE(new_run_id(), new_run_id()); }

TEST(Record, SaysTheCommandThatMakesItAgain) {
  Record row = synthetic::check_row();
  row.seed = 17;
  EXPECT_EQ(repro_command(row),
            "kernelgate check --case linear/kokkos/tokens=7,out=64,in=64,bf16 --data "
            "real --seed 17");
  row.backend = Backend::source;
  row.variant = "native";
  row.device = "amd-gfx942";
  row.schedule_seed = 2;
  EXPECT_EQ(repro_command(row),
            "kernelgate check --case linear/native/tokens=7,out=64,in=64,bf16 --data real --seed "
            "17 --backend source --device amd-gfx942 --schedule-seed 2");
  row = synthetic::bench_row();
  row.row = RowKind::compare;
  row.order_seed = 3;
  row.baseline = "abc1230";
  EXPECT_EQ(repro_command(row),
            "kernelgate compare --baseline abc1230 --candidate abc1234-dirty --case "
            "linear/kokkos/tokens=7,out=64,in=64,bf16 --seed 3");
  row = synthetic::bench_row();
  row.seed = std::nullopt;
  EXPECT_EQ(repro_command(row), "kernelgate bench --case linear/kokkos/tokens=7,out=64,in=64,bf16");
  row.cache = CacheMode::hot;
  EXPECT_EQ(repro_command(row),
            "kernelgate bench --case linear/kokkos/tokens=7,out=64,in=64,bf16 --cache hot");
}

TEST(Record, QuotesItsCommandForBash) {
  Record row = synthetic::check_row();
  row.seed = 1;
  row.variant = "plugin/it's mine";
  add_options(row, std::vector<std::string>{"--plugin", "my kernels/it's mine.so"});
  add_options(row, std::vector<std::string>{"--threads", "2"});
  EXPECT_EQ(repro_command(row),
            "kernelgate check --plugin 'my kernels/it'\\''s mine.so' --threads 2 --case "
            "'linear/plugin/it'\\''s mine/tokens=7,out=64,in=64,bf16' --data real --seed 1");
}

TEST(Record, TakesTheSidesOfAComparisonAndTheModelOfARowFromItsOptions) {
  Record row = synthetic::bench_row();
  row.row = RowKind::compare;
  row.order_seed = 3;
  row.baseline = "b.so";
  add_options(row, std::vector<std::string>{"--baseline-plugin", "b c.so"});
  EXPECT_EQ(repro_command(row),
            "kernelgate compare --baseline-plugin 'b c.so' --case "
            "linear/kokkos/tokens=7,out=64,in=64,bf16 --seed 3");
  row = {};
  row.kernel = "model";
  row.axes = "model=a, b/c,layers=2,test=pp512,bf16";
  add_options(row, std::vector<std::string>{"--checkpoint", "a, b/c", "--pp", "512"});
  EXPECT_EQ(repro_command(row), "kernelgate throughput --checkpoint 'a, b/c' --pp 512");
  row.kernel = "linear";
  row.variant = "engine/mine";
  row.options = "--only linear/1 --vectors v --outputs o.safetensors";
  EXPECT_EQ(repro_command(row),
            "kernelgate vectors check --only linear/1 --vectors v --outputs o.safetensors");
  row.options.clear();  // a row of schema 2 or 3
  EXPECT_EQ(repro_command(row), "");
}

TEST(Record, SaysTheCommandOfARowOfTheWholeModel) {
  Record row;
  row.row = RowKind::check;
  row.kernel = "kv";
  row.axes = "model=74b,tokens=262144,f16";
  row.dtype = "f16";
  EXPECT_EQ(repro_command(row), "kernelgate kv --model 74b --tokens 262144 --dtype f16");
  row.row = RowKind::bench;
  row.kernel = "model";
  row.variant = "kokkos";
  row.backend = Backend::kokkos;
  row.dtype = "bf16";
  row.axes = "model=8b,layers=40,test=pp512,bf16";
  EXPECT_EQ(repro_command(row),
            "kernelgate throughput --model 8b --layers 40 --dtype bf16 --backend kokkos --pp 512");
  row.axes = "model=a/b,layers=2,test=tg16_b4_c2048,quantise=experts,format=nf4,bf16";
  EXPECT_EQ(repro_command(row),
            "kernelgate throughput --checkpoint a/b --layers 2 --dtype bf16 --backend kokkos "
            "--quantise experts --format nf4 --tg 16 --batch 4 --context 2048");
  row.axes = "model=8b,layers=4,test=tg8_b1_c128,resident=32,bf16";
  EXPECT_EQ(repro_command(row),
            "kernelgate throughput --model 8b --layers 4 --dtype bf16 --backend kokkos "
            "--resident-experts 32 --tg 8 --batch 1 --context 128");
}

}  // namespace
}  // namespace kernelgate
