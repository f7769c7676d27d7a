#include "retention/zstd.h"

#include <zstd.h>

#include <memory>

namespace msghub {

namespace {

constexpr int kLevel = 6;  // a part is written once and kept for years

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

}  // namespace

std::string zstd_compress(std::string_view plain) {
  const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  const std::size_t size =
      ZSTD_compress2(context.get(), packed.data(), packed.size(), plain.data(), plain.size());
  if (ZSTD_isError(size))
    throw Failure(Failure::Retry::Later,
                  std::string("could not compress: ") + ZSTD_getErrorName(size));
  packed.resize(size);
  return packed;
}

Result<std::string> zstd_decompress(std::string_view packed, std::size_t size) {
  // The frame is asked first: a damaged number must not make us take a lot of memory.
  if (ZSTD_getFrameContentSize(packed.data(), packed.size()) != size)
    return refuse(Refusal::Code::Invalid, "its compressed frame is not of the size that it says");
  std::string plain(size, '\0');
  const std::size_t got = ZSTD_decompress(plain.data(), plain.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) || got != size)
    return refuse(Refusal::Code::Invalid, "it does not decompress");
  return plain;
}

}  // namespace msghub
