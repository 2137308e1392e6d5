// Writes a SentencePiece model to the given file, for tests of the program, and prints "pieces N".
#include <sentencepiece_processor.h>

#include <cstdio>
#include <fstream>

#include "reference/tests/tiny_sentencepiece.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::ofstream out(argv[1], std::ios::binary);
  const std::string bytes = kernelgate::rsa::tiny_sentencepiece();
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  sentencepiece::SentencePieceProcessor model;
  if (!model.LoadFromSerializedProto(bytes).ok()) return 1;
  std::printf("pieces %d\n", model.GetPieceSize());
  return out.good() ? 0 : 1;
}
