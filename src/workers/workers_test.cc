#include <gtest/gtest.h>
TEST(Tmp, X) {}
