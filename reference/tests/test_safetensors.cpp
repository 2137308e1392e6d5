// The safetensors reader on valid, broken and hostile files, and the writer's round trip.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/core/synthetic_folder.hpp"
#include "reference/safetensors.hpp"

namespace kernelgate::reference {
namespace {

using testing::HasSubstr;

std::string file_of(const std::string& header, std::size_t data_bytes,
                    std::optional<std::uint64_t> length = {}) {
  const std::uint64_t n = length.value_or(header.size());
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &n, 8);
  return bytes + header + std::string(data_bytes, '\0');
}

std::string refusal(const std::string& bytes) {
  try {
    parse_safetensors(std::as_bytes(std::span(bytes)), "x.safetensors");
  } catch (const BadInput& e) {
    return e.what();
  }
  return "accepted";
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

TEST(Safetensors, ReadsTypesShapesAndNumbers) {
  const std::string header =
      "{\"__metadata__\":{\"format\":\"pt\"}," + entry("b", "BF16", "[2]", "[4,8]") + "," +
      entry("a", "F32", "[1,1]", "[0,4]") + "," + entry("none", "I64", "[0,3]", "[8,8]") + "}";
  std::string bytes = file_of(header, 8);
  const float one_and_half = 1.5F;
  const std::uint16_t halves[] = {0x3F80, 0xC000};  // 1, -2
  std::memcpy(bytes.data() + 8 + header.size(), &one_and_half, 4);
  std::memcpy(bytes.data() + 8 + header.size() + 4, halves, 4);
  const TensorMap map = parse_safetensors(std::as_bytes(std::span(bytes)), "x");
  EXPECT_EQ(map.metadata.at("format"), "pt");
  EXPECT_EQ(map.tensors.at("a").shape, (std::vector<std::int64_t>{1, 1}));
  EXPECT_EQ(map.tensors.at("a").values[0], 1.5);
  EXPECT_EQ(map.tensors.at("b").values[0], 1);
  EXPECT_EQ(map.tensors.at("b").values[1], -2);
  EXPECT_TRUE(map.tensors.at("none").values.empty());
}

TEST(Safetensors, WritesWhatItReadsBack) {
  const synthetic::Folder folder;
  const std::vector<float> f = {1, -2, 3};
  const std::vector<std::int32_t> i = {7, -7};
  const std::vector<f16> h = {from_float<f16>(0.5F)};
  const std::vector<double> d = {0.1};
  TensorMap map;
  map.metadata["made by"] = "a test";
  map.tensors["f"] = {{3, 1}, Values(f)};
  map.tensors["i"] = {{2}, Values(i)};
  map.tensors["h"] = {{1}, Values(h)};
  map.tensors["d"] = {{}, Values(d)};
  map.tensors["empty"] = {{0}, Values(Dtype::u8, nullptr, 0)};
  write_safetensors(folder.path() / "x.safetensors", map);
  const TensorMap back = read_safetensors(folder.path() / "x.safetensors");
  EXPECT_EQ(back.metadata, map.metadata);
  ASSERT_EQ(back.tensors.size(), map.tensors.size());
  for (const auto& [name, tensor] : map.tensors) {
    const TensorView& read = back.tensors.at(name);
    EXPECT_EQ(read.shape, tensor.shape);
    EXPECT_EQ(read.values.type(), tensor.values.type());
    for (std::int64_t at = 0; at < tensor.values.size(); ++at) {
      EXPECT_EQ(read.values[at], tensor.values[at]);
    }
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  EXPECT_THROW(write_safetensors(folder.path() / "no" / "x", map), BadInput);
}

TEST(Safetensors, RefusesHeadersThatDoNotFitTheFile) {
  EXPECT_THAT(refusal(""), HasSubstr("expected at least 8 bytes, got 0"));
  EXPECT_THAT(refusal("1234567"), HasSubstr("got 7"));
  EXPECT_THAT(refusal(file_of("{}", 0, 3)), HasSubstr("header length of 3"));
  EXPECT_THAT(refusal(file_of("{}", 0, UINT64_MAX)), HasSubstr("header length"));
  EXPECT_THAT(refusal(file_of("{}", 0, UINT64_MAX - 7)), HasSubstr("header length"));
  EXPECT_THAT(refusal(file_of("not json", 0)), HasSubstr("expected JSON"));
  EXPECT_THAT(refusal(file_of("[]", 0)), HasSubstr("expected a JSON object"));
  EXPECT_EQ(refusal(file_of("{}", 0)), "accepted");
}

TEST(Safetensors, RefusesTensorsThatDoNotFitTheirBytes) {
  const auto one = [](const std::string& dtype, const std::string& shape,
                      const std::string& offsets, std::size_t data) {
    return refusal(file_of("{" + entry("w", dtype, shape, offsets) + "}", data));
  };
  EXPECT_EQ(one("F32", "[2]", "[0,8]", 8), "accepted");
  EXPECT_THAT(one("F32", "[3]", "[0,8]", 8), HasSubstr("key 'w.shape'"));
  EXPECT_THAT(one("F32", "[2]", "[0,9]", 8), HasSubstr("key 'w.data_offsets'"));
  EXPECT_THAT(one("F32", "[2]", "[8,0]", 8), HasSubstr("key 'w.data_offsets'"));
  EXPECT_THAT(one("F32", "[2]", "[0]", 8), HasSubstr("key 'w.data_offsets'"));
  EXPECT_THAT(one("F32", "[-2]", "[0,8]", 8), HasSubstr("key 'w.shape'"));
  EXPECT_THAT(one("F32", "[4611686018427387904,4]", "[0,0]", 0), HasSubstr("key 'w.shape'"));
  EXPECT_THAT(one("F32", "[18446744073709551615]", "[0,0]", 0), HasSubstr("key 'w.shape'"));
  EXPECT_THAT(one("F32", "\"2\"", "[0,8]", 8), HasSubstr("key 'w.shape'"));
  EXPECT_THAT(one("F8_E4M3", "[8]", "[0,8]", 8), HasSubstr("one of F32 BF16"));
  EXPECT_THAT(one("F32", "[2]", "[0,8]", 12), HasSubstr("expected 8 bytes after the header"));
  EXPECT_THAT(one("F32", "[1]", "[4,8]", 8), HasSubstr("expected to begin at byte 0"));
  EXPECT_THAT(refusal(file_of("{\"w\":7}", 0)), HasSubstr("key 'w'"));
  EXPECT_THAT(refusal(file_of("{\"w\":{}}", 0)), HasSubstr("key 'w.dtype'"));
}

TEST(Safetensors, RefusesOverlapsHolesAndTwins) {
  const auto two = [](const std::string& a, const std::string& b) {
    return refusal(file_of("{" + a + "," + b + "}", 8));
  };
  const std::string a = entry("a", "F32", "[1]", "[0,4]");
  EXPECT_EQ(two(a, entry("b", "F32", "[1]", "[4,8]")), "accepted");
  EXPECT_THAT(two(a, entry("b", "F32", "[1]", "[0,4]")), HasSubstr("expected to begin at byte 4"));
  EXPECT_THAT(two(a, entry("b", "U8", "[3]", "[5,8]")), HasSubstr("expected to begin at byte 4"));
  EXPECT_THAT(two(a, entry("a", "F32", "[1]", "[4,8]")), HasSubstr("occurs twice"));
}

TEST(Safetensors, CutOrFlippedAnywhereIsReadOrRefusedButNeverCrashes) {
  const std::string good = file_of(
      "{" + entry("a", "F32", "[2]", "[0,8]") + "," + entry("b", "BF16", "[2,1]", "[8,12]") + "}",
      12);
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_NE(refusal(good.substr(0, cut)), "accepted") << cut;
  }
  for (std::uint64_t i = 0; i < 20000; ++i) {
    std::string bytes = good;
    for (std::uint64_t j = 0; j <= i % 3; ++j) {
      bytes[word_at(1, 3 * i + j) % bytes.size()] = static_cast<char>(word_at(2, 3 * i + j));
    }
    refusal(bytes);
  }
}

TEST(Safetensors, RefusesWhatIsNoFile) {
  const synthetic::Folder folder;
  EXPECT_THROW(read_safetensors(folder.path()), BadInput);
  EXPECT_THROW(read_safetensors(folder.path() / "none"), BadInput);
  EXPECT_THROW(read_safetensors("/dev/null"), BadInput);
  EXPECT_THROW(read_safetensors(folder.write("empty", "")), BadInput);
}

}  // namespace
}  // namespace kernelgate::reference
