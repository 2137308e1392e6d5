// Defines the columns of a records file. Writer, reader and results/schema.md follow this table.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "harness/records/record.hpp"

namespace kernelgate {

/// Type of a column's text.
enum class FieldType {
  text,    // any characters of one line
  word,    // one of the words that its meaning lists
  whole,   // a whole number, 0 or more
  number,  // a decimal number, 0 or more, or inf
};
constexpr std::string_view name(FieldType type) {
  constexpr std::string_view names[] = {"text", "word", "whole number", "number"};
  return names[static_cast<int>(type)];
}

/// One column: its name in the file and its field of Record.
struct Column {
  std::string_view name;
  FieldType type;
  std::string_view meaning;
  /// The field's text; empty when absent (a NaN was not measured). Doubles print with the fewest
  /// digits that parse back exactly.
  std::string (*print)(const Record&);
  /// Sets the field; returns what was expected if the text cannot be used.
  std::optional<std::string> (*parse)(Record&, std::string_view);
  std::int64_t since = oldest_record_schema;  // files of older schemas do not have it
  std::string_view earlier =
      {};  // its name in files of schemas before `renamed_in`; empty: the same

  static constexpr std::int64_t renamed_in = 5;
  constexpr std::string_view name_in(std::int64_t schema) const {
    return schema < renamed_in && !earlier.empty() ? earlier : name;
  }
};

namespace field {

std::string print(const std::string& value);
std::string print(std::int64_t value);
std::string print(std::uint64_t value);
std::string print(double value);
template <class E>
requires std::is_enum_v<E> std::string print(E value) { return std::string(name(value)); }
template <class T>
std::string print(const std::optional<T>& value) {
  return value ? print(*value) : std::string();
}

using Expected = std::optional<std::string>;
Expected parse(std::string& value, std::string_view text);
Expected parse(std::int64_t& value, std::string_view text);
Expected parse(std::uint64_t& value, std::string_view text);
Expected parse(double& value, std::string_view text);
Expected parse(RowKind& value, std::string_view text);
Expected parse(Backend& value, std::string_view text);
Expected parse(DataMode& value, std::string_view text);
Expected parse(Status& value, std::string_view text);
Expected parse(Provenance& value, std::string_view text);
Expected parse(CacheMode& value, std::string_view text);
template <class T>
Expected parse(std::optional<T>& value, std::string_view text) {
  value.reset();
  if (text.empty()) return std::nullopt;
  Expected expected = parse(value.emplace(), text);
  if (expected) *expected += ", or nothing";
  return expected;
}

template <auto Member, auto... Rest>
constexpr auto& follow(auto& object) {
  if constexpr (sizeof...(Rest) == 0) {
    return object.*Member;
  } else {
    return follow<Rest...>(object.*Member);
  }
}

template <auto... Path>
constexpr Column column_since(std::int64_t since, std::string_view name, FieldType type,
                              std::string_view meaning) {
  return {name,
          type,
          meaning,
          [](const Record& r) { return print(follow<Path...>(r)); },
          [](Record& r, std::string_view text) { return parse(follow<Path...>(r), text); },
          since};
}
template <auto... Path>
constexpr Column column(std::string_view name, FieldType type, std::string_view meaning) {
  return column_since<Path...>(oldest_record_schema, name, type, meaning);
}
/// A column with another name in schemas before Column::renamed_in.
constexpr Column once(std::string_view earlier, Column column) {
  column.earlier = earlier;
  return column;
}

}  // namespace field

/// All columns, in the order of the file.
inline constexpr auto record_columns = [] {
  using enum FieldType;
  using R = Record;
  using E = Environment;
  using field::column;
  using field::column_since;
  using field::once;
  return std::array{
      column<&R::schema_version>("schema_version", whole, "of this table; this page is version 5"),
      column<&R::time_utc>("time_utc", text, "when the row was made, ISO 8601 with Z"),
      column<&R::run_id>("run_id", text, "the same for all rows of one command"),
      column<&R::row>("row", word, "what the row states: check, bench, forward, round or compare"),
      column<&R::kernel>("kernel", text, "operation of the model; forward: the whole model"),
      column<&R::variant>("variant", text, "implementation of the kernel, e.g. kokkos/cpu"),
      column<&R::backend>("backend", word,
                          "who ran it: reference, kokkos, source, ptx, machine, cuda or hip"),
      column<&R::axes>("axes", text, "shape and storage type, as --case takes them"),
      column<&R::dtype>("dtype", text, "storage type of the case"),
      column<&R::data>("data", word, "inputs: exact (judged bit for bit) or real (by error bound)"),
      column<&R::seed>("seed", whole, "of the inputs"),
      column<&R::device>("device", text,
                         "profile of the virtual device, e.g. amd-gfx942; empty: this host itself"),
      column<&R::schedule_seed>("schedule_seed", whole,
                                "order of blocks, waves and lanes on a virtual device; 0: natural"),
      column<&R::status>(
          "status", word,
          "passed, incorrect, failed_recheck (mistrusted before schema 5), unsupported, "
          "crashed or timed_out"),
      once("figure",
           column<&R::provenance>("provenance", word,
                                  "of the row's metrics: measured, modelled or compiled")),
      column<&R::checked>("checked", whole, "elements judged"),
      column<&R::total>("total", whole, "elements of the outputs"),
      once(
          "worst_budget_ratio",
          column<&R::worst_error_ratio>(
              "worst_error_ratio", number,
              "largest |got - expected| / error bound; above 1 is incorrect; inf: the bound is 0")),
      column<&R::message>("message", text, "why the row did not pass, in one line"),
      column<&R::cache>("cache", word, "cold (buffers rotated) or hot; of rows with times"),
      column<&R::samples>("samples", whole, "timed runs, disturbed ones among them"),
      column<&R::time_median_seconds>("time_median_seconds", number, "of one run"),
      column<&R::time_low_seconds>("time_low_seconds", number, "lower quartile of one run"),
      column<&R::time_high_seconds>("time_high_seconds", number, "upper quartile of one run"),
      column<&R::bytes>("bytes", whole, "minimum memory traffic of one run"),
      column<&R::flops>("flops", whole, "operations of one run, 2 for a multiply-add"),
      column<&R::read_bandwidth_bytes_per_second>(
          "read_bandwidth_bytes_per_second", number,
          "of the machine, measured in the same run; of the working set when hot"),
      column<&R::peak_flops_per_second>("peak_flops_per_second", number,
                                        "of the machine, measured in the same run"),
      once("floor_seconds", column<&R::roofline_seconds>(
                                "roofline_seconds", number,
                                "max(bytes / bandwidth, flops / peak): no run can be faster")),
      once("percent_of_floor", column<&R::percent_of_roofline>(
                                   "percent_of_roofline", number,
                                   "100 * roofline time / median; 100 is the machine's limit")),
      column<&R::baseline>("baseline", text, "variant that the ratio compares with"),
      column<&R::ratio_to_baseline>(
          "ratio_to_baseline", number,
          "time of this / time of the baseline, paired samples; below 1 is faster"),
      column_since<&R::side>(3, "side", text,
                             "round: baseline, candidate or again (the baseline once more)"),
      column_since<&R::round>(3, "round", whole, "of a comparison, from 1; compare: how many"),
      column_since<&R::place>(3, "place", whole, "of the process in its round's order, from 1"),
      column_since<&R::order_seed>(3, "order_seed", whole, "that the orders were drawn from"),
      column_since<&R::code>(3, "code", text, "hash of the machine code of the kernel"),
      column_since<&R::sample_seconds>(
          3, "sample_seconds", text,
          "round: every sample in its order, of one run, joined by spaces; ! before a marked one"),
      once("marked_samples",
           column_since<&R::disturbed_samples>(
               3, "disturbed_samples", whole,
               "samples during which the clock was throttled, or threads waited for "
               "a core for 1 % of it; left out of "
               "the times unless all are; empty: unknown")),
      column_since<&R::clock_hz>(3, "clock_hz", number, "while timing; empty: unknown"),
      column_since<&R::instructions>(3, "instructions", number,
                                     "of one run in user space, where counters are permitted"),
      column_since<&R::cycles>(3, "cycles", number, "likewise"),
      column_since<&R::verdict>(
          3, "verdict", text,
          "compare: slower, same, faster, cannot_tell, same_code, invalid or not_timed"),
      column_since<&R::ratio_low>(3, "ratio_low", number, "lower bound of ratio_to_baseline"),
      column_since<&R::ratio_high>(3, "ratio_high", number, "its upper bound"),
      column_since<&R::chance>(3, "chance", number,
                               "of the verdict if nothing differed, corrected for every look"),
      column_since<&R::smallest_visible_ratio>(
          3, "smallest_visible_ratio", number,
          "slowdown that this comparison finds four times in five at the noise of its machine"),
      column_since<&R::options>(4, "options", text,
                                "options of the command that reproduces the row, as far as no "
                                "other column holds them: --plugin FILE, --threads N; quoted for "
                                "bash"),
      column<&R::environment, &E::cpu>("cpu", text, "name of the processor"),
      column<&R::environment, &E::cores>("cores", whole, "processors that the process may use"),
      column<&R::environment, &E::threads>("threads", whole, "of a parallel loop"),
      column<&R::environment, &E::os>("os", text, "system and its kernel"),
      column<&R::environment, &E::compiler>("compiler", text, "name and version"),
      column<&R::environment, &E::flags>("flags", text,
                                         "of harness code; kernels: of kernel code; vectors: the "
                                         "widest of kernel code, e.g. AVX-512"),
      column<&R::environment, &E::commit>("commit", text,
                                          "git describe --always --dirty of the build"),
      column<&R::environment, &E::kokkos>("kokkos", text, "version and its execution spaces"),
      column<&R::environment, &E::build_type>("build_type", text, "CMake's"),
      column<&R::environment, &E::host>("host", text, "a name for the machine, if one was given"),
  };
}();

/// "schema_version,time_utc,…", without a line end.
std::string record_header();

}  // namespace kernelgate
