// Hold an AsyncAPI document against the public parser; print what it finds as JSON.
// The parser knows JSON Schema up to draft-07. AsyncAPI 3.0 allows other formats, so one is registered for 2020-12 that
// passes the schemas through: they themselves are checked by jsonschema, in tests/contract/test_contract.py.
import parserPackage from "@asyncapi/parser";
const { Parser, fromFile } = parserPackage;

const parser = new Parser();
parser.registerSchemaParser({
  getMimeTypes: () => ["application/schema+json;version=draft-2020-12"],
  validate: () => [],
  parse: ({ data }) => data,
});
const { document, diagnostics } = await fromFile(parser, process.argv[2]).parse();
const operations = document ? document.operations().all() : [];
console.log(JSON.stringify({
  diagnostics: diagnostics.map(({ severity, code, message, path }) => ({ severity, code, message, path })),
  operations: operations.map((operation) => ({
    action: operation.action(),
    topics: operation.channels().all().map((channel) => channel.address()),
  })),
}));
