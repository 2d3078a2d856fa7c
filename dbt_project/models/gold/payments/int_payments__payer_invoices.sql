with

payment_intents as (

    select * from {{ ref('stg_payments__payment_intents') }}

),

invoice_payments as (

    select * from {{ ref('stg_payments__invoice_payments') }}

),

-- What no longer counts stays, without its invoice: else nothing would tell that it changed.
candidates as (

    select
        payment_intent_id as payer_id,
        payment_intent_id as candidate_id,
        case when not is_deleted then invoice_id end as invoice_id,
        0 as preference,
        created_at,
        load_id
    from payment_intents
    where invoice_id is not null

    union all

    select
        coalesce(payment_intent_id, charge_id) as payer_id,
        invoice_payment_id as candidate_id,
        case
            when not is_deleted and coalesce(status, 'open') != 'canceled' then invoice_id
        end as invoice_id,
        case when status = 'paid' then 1 else 2 end as preference,
        created_at,
        load_id
    from invoice_payments

),

-- One intent can be tried for several invoices: the one it paid counts, else the first.
ranked as (

    select
        payer_id,
        invoice_id,
        max(load_id) over (partition by payer_id) as load_id,
        row_number() over (
            partition by payer_id
            order by
                case when invoice_id is null then 1 else 0 end,
                preference,
                created_at,
                candidate_id
        ) as payer_rank
    from candidates
    where payer_id is not null

),

first_invoices as (

    select
        payer_id,
        invoice_id,
        load_id
    from ranked
    where payer_rank = 1

)

select * from first_invoices
