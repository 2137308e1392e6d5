// Recognises the kind of a file by its first bytes. A reader that was given another kind of file
// can then report what the file is and the remedy, rather than describe misread bytes.
#pragma once

#include <string>
#include <string_view>

namespace kernelgate {

/// Kinds of files that this project reads. A file of the expected kind is never reported as wrong.
/// `table` is a CSV file; `text` is any text, including markup and JSON.
enum class FileKind { json, safetensors, sentencepiece, shared_library, table, text };

/// Describes what the file is, with a remedy if there is one: "a Git LFS pointer in place of a file
/// of 17683 bytes; run `git lfs pull` in its repository". Empty if the bytes are of the expected
/// kind or of no known kind. `bytes`: the start of the file, or all of it; 1 KiB is enough.
std::string describe_wrong_kind(std::string_view bytes, FileKind expected);

}  // namespace kernelgate
