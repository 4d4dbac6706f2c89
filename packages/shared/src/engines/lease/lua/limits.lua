-- limits: what every script that ends jobs goes by
-- Cost: none.
local DELIVERY_LIMIT = 20
local KEEP = 10000
local FINAL = { C = 'completed', D = 'dead', X = 'cancelled', A = 'abandoned' }
