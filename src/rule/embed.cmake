# Writes OUTPUT, a .cc file with the files of ROOT that generated projects are made of and with the
# workspace's LOCK. Runs at build time: cmake -DROOT=… -DLOCK=… -DOUTPUT=… -P embed.cmake
cmake_minimum_required(VERSION 3.25)
file(GLOB files RELATIVE ${ROOT} ${ROOT}/src/main.ts ${ROOT}/src/lib/*.ts ${ROOT}/src/actions/*.ts)
list(SORT files)
foreach(needed src/main.ts src/lib/rule.ts src/lib/examples.ts src/actions/webhook.ts
        src/actions/database.ts src/actions/email.ts)
  if(NOT needed IN_LIST files)
    message(FATAL_ERROR "${ROOT}/${needed} is missing: generated projects are made of it")
  endif()
endforeach()
if(NOT EXISTS ${LOCK})
  message(FATAL_ERROR "${LOCK} is missing: projects take their exact versions from it")
endif()

# One raw string literal holds at most 65,536 bytes in every compiler; longer files are cut into
# several that the compiler joins.
function(append_literal path)
  file(SIZE ${path} size)
  if(size EQUAL 0)
    message(FATAL_ERROR "${path} is empty")
  endif()
  # Not with OFFSET and LIMIT: file(READ) ends a piece that ends inside a line with a line feed.
  file(READ ${path} content)
  set(offset 0)
  while(offset LESS size)
    string(SUBSTRING "${content}" ${offset} 60000 piece)
    string(FIND "${piece}" ")~~~\"" end)
    if(NOT end EQUAL -1)
      message(FATAL_ERROR "${path} holds the end mark of a raw string")
    endif()
    file(APPEND ${OUTPUT}.new "R\"~~~(${piece})~~~\"\n")
    math(EXPR offset "${offset} + 60000")
  endwhile()
endfunction()

file(WRITE ${OUTPUT}.new "#include \"rule/project_files.h\"\n\nnamespace msghub {\n\nnamespace {\n\n")
file(APPEND ${OUTPUT}.new "constexpr ProjectFile kFiles[] = {\n")
foreach(file ${files})
  file(APPEND ${OUTPUT}.new "{\"${file}\",\n")
  append_literal(${ROOT}/${file})
  file(APPEND ${OUTPUT}.new "},\n")
endforeach()
file(APPEND ${OUTPUT}.new "};\n\nconstexpr std::string_view kLock =\n")
append_literal(${LOCK})
file(APPEND ${OUTPUT}.new ";\n\n}  // namespace\n\n"
  "std::span<const ProjectFile> project_files() { return kFiles; }\n"
  "std::string_view workspace_lock() { return kLock; }\n\n}  // namespace msghub\n")
file(RENAME ${OUTPUT}.new ${OUTPUT})
