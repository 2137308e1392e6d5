#include "harness/core/csv_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::vector<std::string> rows_of(std::string_view text,
                                 OtherColumns others = OtherColumns::refused) {
  std::vector<std::string> rows;
  read_csv(
      text, "t.csv", {"name", "size"},
      [&](const CsvRow& row) {
        rows.push_back(row.place.text() + " " + row[0] + " " + std::to_string(row.number(1)));
      },
      others);
  return rows;
}

TEST(CsvTable, GivesTheColumnsInTheOrderAskedFor) {
  EXPECT_THAT(rows_of("# a comment\nsize,name\n\n 12 ,\"a,b\"\r\n-3,c\n"),
              ElementsAre("t.csv:4 a,b 12", "t.csv:5 c -3"));
  EXPECT_THAT(rows_of("size,more,name\n1,x,a\n", OtherColumns::ignored),
              ElementsAre("t.csv:2 a 1"));
}

TEST(CsvTable, NamesLineColumnGotAndExpected) {
  EXPECT_THAT([] { rows_of("name,size\na,1\nb,7x\n"); },
              ThrowsMessage<BadInput>("t.csv:3: column 'size': got '7x', expected a whole number"));
}

TEST(CsvTable, NamesTheExpectedColumnsOfOtherTables) {
  for (const char* text : {"", "name\na\n", "name,size,more\na,1,2\n", "name,size\na\n"}) {
    EXPECT_THAT([&] { rows_of(text); },
                ThrowsMessage<BadInput>(
                    AllOf(HasSubstr("t.csv"), HasSubstr("(expected the columns name,size)"))))
        << text;
  }
  EXPECT_THAT(
      [] {
        rows_of({"name,size\na\0,1\n", 15});
      },
      ThrowsMessage<BadInput>("t.csv:2: expected text, got a zero byte"));
}

}  // namespace
}  // namespace kernelgate
