// Fuzzes records files: any bytes give rows that print and read back unchanged, or BadInput.
#include "harness/records/columns.hpp"
#include "harness/records/record_reader.hpp"
#include "harness/records/record_writer.hpp"
#include "tests/fuzz/refused.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kernelgate;
  return fuzzing::read_or_refuse([&] {
    const RecordFile file = parse_records(fuzzing::as_text(data, size), "records.csv");
    std::string text = record_header() + "\n";
    for (const Record& record : file.records) text += record_line(record);
    const RecordFile reread = parse_records(text, "again.csv");
    fuzzing::require(reread.records.size() == file.records.size() && !reread.torn);
    std::string same = record_header() + "\n";
    for (const Record& record : reread.records) same += record_line(record);
    fuzzing::require(same == text);
  });
}
