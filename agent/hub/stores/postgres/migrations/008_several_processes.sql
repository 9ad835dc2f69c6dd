-- What these read may be read by several processes of one question at once, over a hundred thousand sites.

ALTER FUNCTION date(text, text) PARALLEL SAFE;
ALTER FUNCTION julianday(text) PARALLEL SAFE;
ALTER FUNCTION instr(text, text) PARALLEL SAFE;
ALTER FUNCTION time_text(bigint, integer) PARALLEL SAFE;
ALTER FUNCTION odd_text(text, text) PARALLEL SAFE;
ALTER FUNCTION digest_before(integer, bigint, bytea) PARALLEL SAFE;
ALTER FUNCTION with_digest(bytea, bytea) PARALLEL SAFE;
