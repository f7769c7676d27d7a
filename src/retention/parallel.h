#pragma once

#include "base/parallel.h"
