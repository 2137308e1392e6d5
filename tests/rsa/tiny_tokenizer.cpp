// Writes a SentencePiece model to the file named, for tests of the program.
#include <fstream>

#include "reference/tests/tiny_sentencepiece.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::ofstream out(argv[1], std::ios::binary);
  const std::string bytes = kernelgate::rsa::tiny_sentencepiece();
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return out.good() ? 0 : 1;
}
