// Tests the recognition of files of another kind by the first bytes that their formats fix.
#include "harness/core/file_kind.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

namespace kernelgate {
namespace {

using std::string_literals::operator""s;
using testing::HasSubstr;
using testing::StartsWith;

std::string safetensors(std::uint64_t length) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + "{\"a\":{}}";
}

TEST(FileKind, NamesEachKindByItsFirstBytesAndSaysWhatToDo) {
  const std::pair<std::string, const char*> kinds[] = {
      {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
       "a Git LFS pointer in place of a file of 12345 bytes; run `git lfs pull`"},
      {"version https://hawser.github.com/spec/v1\noid sha256:4d7a\n",
       "a Git LFS pointer in place of the file; run `git lfs pull`"},
      {"/annex/objects/MD5E-s8--00.safetensors\n", "a git-annex pointer"},
      {"PK\x03\x04..."s, "a zip archive"},
      {"GGUF\x03\0\0\0"s, "a GGUF file"},
      {"\x80\x02}q\0."s, "a Python pickle"},
      {"\x80\x03}q\0."s, "a Python pickle"},
      {"\x80\x04\x95\x01"s, "a Python pickle"},
      {"\x80\x05\x95\x01"s, "a Python pickle"},
      {"\x1f\x8b\x08"s, "a gzip archive"},
      {"\xfd\x37zXZ\0\0\x04"s, "an xz archive"},
      {"BZh91AY&SY"s, "a bzip2 archive"},
      {"7z\xbc\xaf\x27\x1c\0\x04"s, "a 7z archive"},
      {"%PDF-1.7\n"s, "a PDF document"},
      {"!<arch>\nlibx.a/"s, "a static library"},
      {"\x28\xb5\x2f\xfd"s, "a zstd archive"},
      {std::string(257, 'a') + "ustar\00000"s, "a tar archive"},
      {"\x89HDF\r\n\x1a\n"s, "an HDF5 file"},
      {"\x93NUMPY\x01"s, "a NumPy array file"},
      {"\n<!doctype HTML><html>", "an HTML page"},
      {"<?xml version=\"1.0\"?><Error>", "an XML document"},
      {std::string(4096, '\0'), "zero bytes from its start on"},
      {"\x7f\x45LF\x02", "a program or shared library"}};
  for (const auto& [bytes, description] : kinds) {
    EXPECT_THAT(describe_wrong_kind(bytes, FileKind::json), StartsWith(description));
    EXPECT_THAT(describe_wrong_kind(bytes, FileKind::safetensors), StartsWith(description));
  }
}

TEST(FileKind, NeverCallsAFileOfTheExpectedKindWrong) {
  // 0x280 and 0x04034b50 begin like a pickle and a zip archive.
  for (const std::uint64_t length : {0x9ull, 0x280ull, 0x380ull, 0x8b1full, 0x04034b50ull}) {
    EXPECT_EQ(describe_wrong_kind(safetensors(length), FileKind::safetensors), "") << length;
    EXPECT_EQ(describe_wrong_kind(safetensors(length), FileKind::json), "a safetensors file");
  }
  EXPECT_EQ(describe_wrong_kind("{\"a\": 1}", FileKind::json), "");
  EXPECT_THAT(describe_wrong_kind("{\"a\": 1}", FileKind::safetensors), StartsWith("a JSON text"));
  EXPECT_EQ(describe_wrong_kind("\x7f\x45LF\x02", FileKind::shared_library), "");
  EXPECT_EQ(describe_wrong_kind("column,other\n1,2\n", FileKind::text), "");
  EXPECT_EQ(describe_wrong_kind("", FileKind::text), "");
}

TEST(FileKind, TakesATextThatBeginsWithTheLettersOfASignatureForAText) {
  for (const char* text : {"BZh, what is it?\n", "GGUF or safetensors?\n", "%PDF-A is a standard\n",
                           "!<arch>\n", "PK and so on"}) {
    EXPECT_EQ(describe_wrong_kind(text, FileKind::text), "") << text;
    EXPECT_EQ(describe_wrong_kind(text, FileKind::table), "") << text;
  }
  EXPECT_THAT(describe_wrong_kind("GGUF\x03\0\0\0"s, FileKind::text), StartsWith("a GGUF file"));
  for (const FileKind any : {FileKind::text, FileKind::table, FileKind::json}) {
    EXPECT_EQ(describe_wrong_kind("\xff\xfe{\0"s, any), "UTF-16 text; save it as UTF-8");
  }
}

TEST(FileKind, NamesTheTextOfAFailedDownloadInPlaceOfABinaryFile) {
  const std::string text = "Entry not found\nline 2";
  for (const FileKind binary :
       {FileKind::safetensors, FileKind::sentencepiece, FileKind::shared_library}) {
    EXPECT_EQ(describe_wrong_kind(text, binary),
              "a text that begins 'Entry not found'; if a failed download left it, download the "
              "file again");
  }
  EXPECT_EQ(describe_wrong_kind(text, FileKind::table), "");
  EXPECT_EQ(describe_wrong_kind("\xff\xff\xff\xff\xff\xff\xff\xff{}", FileKind::safetensors), "");
}

TEST(FileKind, AdvisesToConvertWeightsAlone) {
  EXPECT_THAT(describe_wrong_kind("PK\x03\x04..."s, FileKind::safetensors),
              HasSubstr("; convert it to safetensors"));
  EXPECT_THAT(describe_wrong_kind("PK\x03\x04..."s, FileKind::table),
              testing::Not(HasSubstr("convert")));
}

TEST(FileKind, ReadsNoSizeThatIsNone) {
  EXPECT_THAT(describe_wrong_kind("version https://git-lfs.github.com/spec/v1\nsize 12\x1b[31m\n",
                                  FileKind::json),
              HasSubstr("in place of a file of 12 bytes"));
  EXPECT_THAT(describe_wrong_kind(
                  "version https://git-lfs.github.com/spec/v1\nsize " + std::string(60, '9') + "\n",
                  FileKind::json),
              HasSubstr("in place of the file"));
}

}  // namespace
}  // namespace kernelgate
