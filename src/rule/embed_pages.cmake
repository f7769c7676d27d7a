# Writes OUTPUT, a .cc file with the pages of FOLDER (R0001.md …). Runs at build time:
# cmake -DFOLDER=… -DOUTPUT=… -P embed_pages.cmake
cmake_minimum_required(VERSION 3.25)
file(GLOB pages ${FOLDER}/R*.md)
list(SORT pages)
file(WRITE ${OUTPUT}.new "#include \"rule/pages.h\"\n\n#include <algorithm>\n#include <string>\n\n"
  "#include \"rule/nearest.h\"\n\nnamespace msghub {\n\nnamespace {\n\n"
  "struct Page {\n  std::string_view code;\n  std::string_view text;\n};\nconstexpr Page kPages[] = {\n")
foreach(page ${pages})
  get_filename_component(code ${page} NAME_WE)
  file(READ ${page} text)
  string(FIND "${text}" ")~~~\"" end)
  if(NOT end EQUAL -1)
    message(FATAL_ERROR "${page} holds the end mark of a raw string")
  endif()
  file(APPEND ${OUTPUT}.new "{\"${code}\", R\"~~~(${text})~~~\"},\n")
endforeach()
file(APPEND ${OUTPUT}.new "};\n\n}  // namespace\n\n"
  "std::optional<std::string_view> diagnostic_page(std::string_view code) {\n"
  "  const std::string wanted = lower_ascii(code);\n"
  "  for (const Page& page : kPages)\n"
  "    if (lower_ascii(page.code) == wanted) return page.text;\n"
  "  return std::nullopt;\n}\n\n}  // namespace msghub\n")
file(RENAME ${OUTPUT}.new ${OUTPUT})
