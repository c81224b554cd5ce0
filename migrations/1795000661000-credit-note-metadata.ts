import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What others want to find on a credit note: up to 50 keys of at most 100 characters, values of at most 255 or null. */
export class CreditNoteMetadata1795000661000 implements MigrationInterface {
  readonly name = 'CreditNoteMetadata1795000661000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table credit_notes add column metadata jsonb constraint ck_credit_notes_metadata check (
        jsonb_typeof(metadata) = 'object'
        and jsonb_array_length(jsonb_path_query_array(metadata, '$.keyvalue()')) between 1 and 50
        and not jsonb_path_exists(metadata, '$.keyvalue() ? (@.key == "" || @.key like_regex "^.{101}" flag "s")')
        and not jsonb_path_exists(metadata, '$.keyvalue().value ? (@.type() != "string" && @.type() != "null")')
        and not jsonb_path_exists(metadata, '$.keyvalue().value ? (@ like_regex "^.{255}." flag "s")'))`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('alter table credit_notes drop column metadata');
  }
}
