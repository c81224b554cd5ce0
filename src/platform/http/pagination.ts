import { Transform } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';

/** `page` and `per_page` of every list; 1–1000 a page, 100 by default. */
export class PageQuery {
  @IsOptional()
  @Transform(({ value }) => toInteger(value))
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  page?: number;

  @IsOptional()
  @Transform(({ value }) => toInteger(value))
  @IsInt()
  @Min(1)
  @Max(1000)
  per_page?: number;
}

export interface Page {
  readonly number: number;
  readonly size: number;
}

export interface PageMeta {
  current_page: number;
  next_page: number | null;
  prev_page: number | null;
  total_pages: number;
  total_count: number;
}

const toInteger = (value: unknown): unknown => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value);

export const pageOf = (query: PageQuery): Page => ({ number: query.page ?? 1, size: query.per_page ?? 100 });

/** `take` and `skip` of a TypeORM find. */
export const sliceOf = (page: Page): { take: number; skip: number } => ({ take: page.size, skip: (page.number - 1) * page.size });

export function metaOf(page: Page, totalCount: number): PageMeta {
  const totalPages = Math.ceil(totalCount / page.size);
  return {
    current_page: page.number,
    next_page: page.number < totalPages ? page.number + 1 : null,
    prev_page: page.number > 1 ? page.number - 1 : null,
    total_pages: totalPages,
    total_count: totalCount,
  };
}
