// All experts of a model in one file that is mapped, not read: memory holds of them what was looked
// at, and the system takes it back when it is released.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "reference/weights.hpp"

namespace kernelgate::model {

/// A folder, and how messages name it: "--expert-folder /data".
struct ExpertFolder {
  std::filesystem::path path;
  std::string name;
};

class ExpertFile {
 public:
  struct Expert {
    const std::byte* gate_up;  // [2I,H] in the storage type
    const std::byte* down;     // [H,I]
  };

  /// Writes the experts in `type` to a file in `folder` that has no name any more once it is open,
  /// so that it ends with the process. Throws BadInput if the folder has too little space, before
  /// writing. `written` is told of every expert.
  ExpertFile(const reference::ModelConfig& config, const reference::Weights& weights, Dtype type,
             const ExpertFolder& folder, const std::function<void()>& written = {});
  ~ExpertFile();
  ExpertFile(ExpertFile&& other) noexcept;
  ExpertFile(const ExpertFile&) = delete;
  ExpertFile& operator=(const ExpertFile&) = delete;
  ExpertFile& operator=(ExpertFile&&) = delete;

  std::int64_t layers() const { return layers_; }
  std::int64_t experts() const { return experts_; }  // of a layer
  std::int64_t gate_up_bytes() const { return gate_up_bytes_; }
  std::int64_t down_bytes() const { return down_bytes_; }
  std::int64_t expert_bytes() const { return gate_up_bytes_ + down_bytes_; }
  std::int64_t bytes() const { return layers_ * experts_ * stride_; }

  Expert expert(std::int64_t layer, std::int64_t number) const;
  /// Its pages leave this process' memory; the next look brings them back from the file.
  void release(std::int64_t layer, std::int64_t number);

 private:
  std::byte* at(std::int64_t layer, std::int64_t number) const {
    return data_ + (layer * experts_ + number) * stride_;
  }

  std::int64_t layers_, experts_, gate_up_bytes_, down_bytes_;
  std::int64_t stride_ = 0;  // an expert in whole pages
  std::byte* data_ = nullptr;
};

}  // namespace kernelgate::model
