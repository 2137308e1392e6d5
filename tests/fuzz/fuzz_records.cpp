// Any bytes as a records file: rows that print and read back as themselves, or BadInput.
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
    const RecordFile again = parse_records(text, "again.csv");
    fuzzing::require(again.records.size() == file.records.size() && !again.torn);
    std::string same = record_header() + "\n";
    for (const Record& record : again.records) same += record_line(record);
    fuzzing::require(same == text);
  });
}
