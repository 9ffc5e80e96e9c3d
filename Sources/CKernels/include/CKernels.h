#pragma once
#include "bf16.h"
#include "int8.h"
#include "kernels.h"
